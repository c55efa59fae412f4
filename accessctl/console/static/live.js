// Doors: those that are looked for, and live pictures of the cards whose picture is shown, while they
// are in view and the page is.
"use strict";

const TONES = { granted: "#35c46f", denied: "#ff5a67", unknown: "#b39bff", "": "#ffffff" };
const RETRY_MS = 4000;
// A door sends two to five pictures a second: an older one is not what it sees.
const LATE_MS = 5000;

// One socket for all pictures that are looked at; it is there only while there are some.
class LiveLine {
  constructor() {
    this.views = new Map();
    this.socket = null;
    this.of = null;
  }

  want(view) {
    this.views.set(view.door, view);
    this.settle();
  }

  leave(view) {
    if (this.views.delete(view.door)) {
      this.settle();
    }
  }

  settle() {
    if (!this.views.size) {
      this.socket?.close();
      this.socket = null;
    } else if (!this.socket) {
      this.open();
    } else if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify([...this.views.keys()]));
    }
  }

  open() {
    const socket = new WebSocket(`wss://${location.host}/doors/live`);
    socket.binaryType = "blob";
    socket.onopen = () => this.settle();
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") {
        this.views.get(this.of.door)?.picture(data, this.of.faces);
        return;
      }
      const told = JSON.parse(data);
      if ("gave_way" in told) {
        // Not asked for again by itself: two windows would take it from each other for ever.
        this.views.get(told.door)?.wait(told.gave_way);
        this.views.delete(told.door);
        this.settle();
      } else if ("refused" in told) {
        this.views.get(told.door)?.wait(told.refused);
        setTimeout(() => this.settle(), RETRY_MS);
      } else {
        this.of = told;
      }
    };
    socket.onclose = () => {
      if (this.socket === socket) {
        this.socket = null;
        this.views.forEach((view) => view.wait());
        setTimeout(() => this.settle(), RETRY_MS);
      }
    };
    this.socket = socket;
  }
}

const line = new LiveLine();

class LiveView {
  constructor(card) {
    this.card = card;
    this.button = card.querySelector("[data-live]");
    this.figure = card.querySelector(".live");
    this.canvas = this.figure.querySelector("canvas");
    this.waiting = this.figure.querySelector("p");
    this.usual = this.waiting.textContent;
    this.list = this.figure.querySelector("ul");
    this.inView = false;
    this.door = this.button.dataset.live;
    this.faces = [];
    new IntersectionObserver(([entry]) => {
      this.inView = entry.isIntersecting;
      this.settle();
    }).observe(this.figure);
    this.button.addEventListener("click", () => {
      this.figure.hidden = !this.figure.hidden;
      this.button.setAttribute("aria-pressed", String(!this.figure.hidden));
      this.inView = !this.figure.hidden;
      this.settle();
    });
    if ("shown" in this.button.dataset) {
      this.button.click();
    }
  }

  settle() {
    const wanted = !this.figure.hidden && this.inView && !document.hidden;
    if (wanted) {
      line.want(this);
    } else {
      line.leave(this);
      this.wait();
    }
  }

  wait(why = this.usual) {
    clearTimeout(this.late);
    // An old picture would pass for what the door sees now.
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.list.replaceChildren();
    this.waiting.textContent = why;
    this.waiting.hidden = false;
  }

  picture(jpeg, faces) {
    this.faces = faces;
    clearTimeout(this.late);
    this.late = setTimeout(() => this.wait(), LATE_MS);
    createImageBitmap(jpeg).then((image) => this.draw(image)).catch(() => {});
  }

  draw(image) {
    const { canvas } = this;
    if (!line.views.has(this.door)) {
      return;
    }
    canvas.width = image.width;
    canvas.height = image.height;
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    const size = Math.max(12, Math.round(image.height / 22));
    pen.font = `600 ${size}px system-ui, sans-serif`;
    pen.lineWidth = Math.max(2, size / 8);
    for (const { box, label, tone } of this.faces) {
      const [x, y, w, h] = [box[0] * image.width, box[1] * image.height, box[2] * image.width, box[3] * image.height];
      pen.strokeStyle = TONES[tone];
      pen.strokeRect(x, y, w, h);
      if (label) {
        const wide = pen.measureText(label).width + size;
        const left = Math.max(0, Math.min(x, image.width - wide));
        const top = y > size * 1.8 ? y - size * 1.7 : y + h + 2;
        pen.fillStyle = "rgb(11 14 19 / 80%)";
        pen.fillRect(left, top, wide, size * 1.6);
        pen.fillStyle = TONES[tone];
        pen.fillText(label, left + size / 2, top + size * 1.15);
      }
    }
    image.close();
    this.waiting.hidden = true;
    this.list.replaceChildren(...this.faces.filter((one) => one.label).map((one) => {
      const said = document.createElement("li");
      said.textContent = one.label;
      return said;
    }));
  }
}

const views = [...document.querySelectorAll(".door")].filter((card) => card.querySelector("[data-live]")).map((card) => new LiveView(card));
document.addEventListener("visibilitychange", () => views.forEach((view) => view.settle()));

const form = document.querySelector("form[data-sift]");

function sift() {
  const sought = form.elements.named.value.trim().toLowerCase();
  const cards = [...document.querySelectorAll(".door")];
  for (const card of cards) {
    const named = card.querySelector("h2").textContent.toLowerCase().includes(sought);
    const ill = card.querySelector(".state").matches(".alarm, .trouble");
    card.hidden = !(named && (ill || !form.elements.ill.checked)) && !card.contains(document.activeElement);
  }
  const shown = cards.filter((card) => !card.hidden).length;
  const told = form.dataset.sift.replace("{count}", shown).replace("{all}", cards.length);
  const status = form.querySelector("[role=status]");
  if (status.textContent !== told) {
    status.textContent = told;
  }
}

if (form) {
  form.querySelector("button").hidden = true;
  form.addEventListener("input", sift);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sift();
  });
  document.addEventListener("exchanged", sift);
  sift();
}
