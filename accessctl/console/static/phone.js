// Photos by the telephone's own camera, where it can be had; otherwise the form's file picker stays.
"use strict";

(() => {
  const form = document.querySelector("form[data-camera]");
  if (!form || !navigator.mediaDevices) {
    return;
  }
  const view = form.querySelector("video");
  const shoot = form.querySelector("[data-shoot]");
  const picker = form.querySelector("input[type=file]");
  const LONGEST = 1280;

  const picture = () => {
    const share = Math.min(1, LONGEST / Math.max(view.videoWidth, view.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(share * view.videoWidth);
    canvas.height = Math.round(share * view.videoHeight);
    canvas.getContext("2d").drawImage(view, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.92); });
  };

  // As if the picture had been chosen: the answer is the next page, or this one with what is wrong.
  const take = async () => {
    shoot.disabled = true;
    shoot.textContent = form.dataset.camera;
    const files = new DataTransfer();
    files.items.add(new File([await picture()], "photo.jpg", { type: "image/jpeg" }));
    picker.files = files.files;
    form.submit();
  };

  const wanted = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } };
  navigator.mediaDevices.getUserMedia({ video: wanted, audio: false }).then((stream) => {
    view.srcObject = stream;
    view.addEventListener("loadeddata", () => {
      view.hidden = false;
      shoot.hidden = false;
      picker.closest("label").hidden = true;
      form.querySelector("[data-send-photo]").hidden = true;
    }, { once: true });
    shoot.addEventListener("click", take);
    addEventListener("pagehide", () => stream.getTracks().forEach((one) => one.stop()));
  }).catch(() => { /* No camera, or none for us: the picker is there. */ });
})();
