// Before the first paint: whether there is a camera to offer. Shown later, its button would push the form down.
if (navigator.mediaDevices?.getUserMedia) document.documentElement.dataset.camera = "yes";
