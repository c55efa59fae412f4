// Doors: those that are looked for, and live pictures of the cards whose picture is shown, while they
// are in view and the page is.
"use strict";

const TONES = { granted: "#35c46f", denied: "#ff5a67", unknown: "#b39bff", "": "#ffffff" };
const RETRY_MS = 4000;

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
    this.socket = null;
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
    if (wanted && !this.socket) {
      this.open();
    } else if (!wanted && this.socket) {
      this.socket.close();
      this.socket = null;
      this.waiting.hidden = false;
    }
  }

  open() {
    const socket = new WebSocket(`wss://${location.host}${this.button.dataset.live}`);
    socket.binaryType = "blob";
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        this.faces = JSON.parse(data).faces;
      } else {
        createImageBitmap(data).then((image) => this.draw(image)).catch(() => {});
      }
    };
    socket.onclose = ({ reason }) => {
      if (this.socket === socket) {
        this.socket = null;
        this.waiting.textContent = reason || this.usual;
        this.waiting.hidden = false;
        setTimeout(() => this.settle(), RETRY_MS);
      }
    };
    this.socket = socket;
  }

  draw(image) {
    const { canvas } = this;
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
