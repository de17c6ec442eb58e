// A page that shows a wall of Rollcall in a frame and listens to what it tells.
// Its own address says which: ?rollcall=https://wall.example.com&wall=floor#key=... ; without, the wall of `rollcall demo`.
const asked = new URLSearchParams(location.search);
const rollcall = asked.get("rollcall") ?? "http://127.0.0.1:8080";
const wall = asked.get("wall") ?? "floor";
const key = new URLSearchParams(location.hash.slice(1)).get("key") ?? "rollcall-demo-screen";

const frame = document.getElementById("wall");
const theme = document.getElementById("theme");
const messages = document.getElementById("messages");

// More would be a log that nobody reads.
const MESSAGES_MAX = 50;

function show() {
  // The key stands behind the #: no server and no referrer sees it.
  const options = new URLSearchParams({ theme: theme.value });
  frame.src = `${rollcall}/embed/${encodeURIComponent(wall)}?${options}#key=${encodeURIComponent(key)}`;
}

addEventListener("message", (event) => {
  // Only what this frame says, and only while it shows Rollcall.
  if (event.source !== frame.contentWindow || event.origin !== rollcall || event.data?.source !== "rollcall") return;
  const line = document.createElement("li");
  line.dataset.type = event.data.type;
  line.dataset.wall = event.data.wall;
  line.textContent = JSON.stringify(event.data);
  messages.append(line);
  while (messages.children.length > MESSAGES_MAX) messages.firstElementChild.remove();
});
theme.addEventListener("change", show);
show();
