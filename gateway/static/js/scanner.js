// Reads QR codes from the camera: the browser's own BarcodeDetector, else zxing compiled to WebAssembly (self-hosted).
// Used by the web page and by the SmartTPE app.

const EVERY_MS = 120;

async function nativeDetector() {
  if (!("BarcodeDetector" in globalThis)) return null;
  try {
    const formats = await globalThis.BarcodeDetector.getSupportedFormats();
    return formats.includes("qr_code") ? new globalThis.BarcodeDetector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error("detector not loaded"));
    document.head.append(script);
  });
}

async function wasmDetector(files) {
  if (!globalThis.BarcodeDetectionAPI) await loadScript(files.detector);
  const api = globalThis.BarcodeDetectionAPI;
  api.prepareZXingModule({ overrides: { locateFile: (name, prefix) => (name.endsWith(".wasm") ? files.wasm : prefix + name) } });
  return new api.BarcodeDetector({ formats: ["qr_code"] });
}

export function cameraAvailable() {
  return Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
}

// Opens the camera, shows it in `video` and calls `found(text)` once with the first QR. Returns a function that stops it.
// `refused(reason)` says why not: "denied" or "none".
export async function scan({ video, files, found, refused }) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
      audio: false,
    });
  } catch (fault) {
    refused(fault.name === "NotAllowedError" || fault.name === "SecurityError" ? "denied" : "none");
    return () => {};
  }
  let running = true;
  const stop = () => {
    running = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  video.srcObject = stream;
  await video.play();
  const detector = (await nativeDetector()) || (await wasmDetector(files));
  video.dataset.detector = detector.constructor === globalThis.BarcodeDetector ? "native" : "wasm";
  const look = async () => {
    if (!running) return;
    let codes = [];
    try {
      if (video.readyState >= 2) codes = await detector.detect(video);
    } catch (fault) {
      video.dataset.fault = String(fault);
    }
    if (!running) return;
    if (codes.length && codes[0].rawValue) {
      stop();
      found(codes[0].rawValue);
      return;
    }
    setTimeout(look, EVERY_MS);
  };
  look();
  return stop;
}
