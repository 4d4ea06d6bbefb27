// One camera, shown on the screen «Scanner».
import { cameraAvailable, scan } from "../scanner.js";
import { $, notice, show, word } from "./views.js";

const files = { detector: document.body.dataset.detector, wasm: document.body.dataset.wasm };
let stop = () => {};

export const stopCamera = () => stop();

export async function openCamera(found, back) {
  notice("");
  show("scan");
  stop();
  const refuse = (why) => {
    notice(word(`camera-${why}`), "waiting");
    show(back);
  };
  if (!cameraAvailable()) {
    refuse("none");
    return;
  }
  const felt = (text) => {
    if (navigator.vibrate) navigator.vibrate(60);
    return found(text);
  };
  stop = await scan({ video: $('[data-view="scan"] video'), files, found: felt, refused: refuse });
}
