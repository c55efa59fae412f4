// A signature that is drawn, with a finger, a pen or the mouse: its strokes as numbers, into a field
// of the form. Without this file a typed name is all that is asked for.
"use strict";

(() => {
  const NEAR = 3;

  function begin(pad) {
    const canvas = pad.querySelector("canvas"), field = pad.querySelector("input[name=drawn]");
    const clear = pad.querySelector("button"), told = pad.querySelector("[role=status]");
    const WIDTH = canvas.width, HEIGHT = canvas.height;
    const MOST_STROKES = Number(pad.dataset.strokes), MOST_POINTS = Number(pad.dataset.points);
    const pen = canvas.getContext("2d");
    let strokes = [], current = null;

    function draw() {
      // The field is white in the dark, too, as what is shown of it is.
      pen.clearRect(0, 0, WIDTH, HEIGHT);
      pen.lineWidth = 3;
      pen.lineCap = pen.lineJoin = "round";
      for (const stroke of strokes) {
        pen.beginPath();
        pen.moveTo(...stroke[0]);
        (stroke.length > 1 ? stroke : [stroke[0], stroke[0]]).forEach((point) => pen.lineTo(...point));
        pen.stroke();
      }
      field.value = strokes.map((stroke) => stroke.map((point) => point.join(",")).join(" ")).join(";");
      clear.disabled = !strokes.length;
    }

    function place(event) {
      const box = canvas.getBoundingClientRect();
      const within = (share, size) => Math.round(Math.min(1, Math.max(0, share)) * size);
      return [within((event.clientX - box.left) / box.width, WIDTH), within((event.clientY - box.top) / box.height, HEIGHT)];
    }

    const isFull = () => strokes.reduce((sum, one) => sum + one.length, 0) >= MOST_POINTS;

    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || current || strokes.length >= MOST_STROKES || isFull()) {
        return;
      }
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      current = { pointer: event.pointerId, points: [place(event)] };
      strokes.push(current.points);
      draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!current || event.pointerId !== current.pointer || isFull()) {
        return;
      }
      const point = place(event), last = current.points[current.points.length - 1];
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= NEAR) {
        current.points.push(point);
        draw();
      }
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => {
        if (current && event.pointerId === current.pointer) {
          current = null;
          told.textContent = pad.dataset.signed;
        }
      });
    }
    clear.addEventListener("click", () => {
      strokes = [];
      current = null;
      draw();
      told.textContent = pad.dataset.cleared;
    });
    // Only a typed name is signed beside it: whoever witnessed something drew nothing.
    const way = pad.closest("form").querySelector("select[name=how]");
    const show = () => {
      pad.hidden = Boolean(way) && way.value !== "typed_name";
      field.disabled = pad.hidden;
    };
    way?.addEventListener("change", show);
    show();
    draw();
  }

  document.querySelectorAll("[data-signature]").forEach(begin);
})();
