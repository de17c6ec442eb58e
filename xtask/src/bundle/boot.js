// Starts the app. A file of its own, because the page's content security policy forbids inline scripts.
import init from "./{{glue}}";

const boot = document.getElementById("boot");
// The probe has then already said what this browser lacks.
if (!boot?.dataset.missing) {
  init({ module_or_path: new URL("./{{wasm}}", import.meta.url) }).catch((error) => {
    console.error("the app does not start:", error);
    if (boot?.isConnected) {
      boot.textContent = "The wall could not be loaded. Please reload the page.";
    }
  });
}
