// Runs before the app, as a classic script in the oldest syntax, so that a browser too old for the app can still say
// what it lacks. The floor is Chromium 96, Firefox 89 and Safari 15.4.
(function () {
  "use strict";

  // The smallest modules that are valid only where the feature is there.
  var header = [0, 97, 115, 109, 1, 0, 0, 0];
  var features = [
    // A table of externref.
    ["reference types", [4, 4, 1, 111, 0, 0]],
    // A function that copies memory in one instruction.
    ["bulk memory", [
      1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1,
      10, 14, 1, 12, 0, 65, 0, 65, 0, 65, 0, 252, 10, 0, 0, 11
    ]],
    // A function with two results.
    ["multi-value", [1, 6, 1, 96, 0, 2, 127, 127]]
  ];

  function missing() {
    if (typeof WebAssembly !== "object" || typeof WebAssembly.validate !== "function") {
      return ["WebAssembly"];
    }
    var names = [];
    for (var i = 0; i < features.length; i += 1) {
      var valid = false;
      try {
        valid = WebAssembly.validate(new Uint8Array(header.concat(features[i][1])));
      } catch (error) {
        // A page policy can forbid WebAssembly: then it is as absent as in an old browser.
        valid = false;
      }
      if (!valid) {
        names.push("WebAssembly " + features[i][0]);
      }
    }
    return names;
  }

  var names = missing();
  if (names.length > 0) {
    var boot = document.getElementById("boot");
    boot.setAttribute("data-missing", names.join(", "));
    boot.textContent = "This browser cannot show the wall. It lacks: " + names.join(", ") +
      ". Please use Chromium 96, Firefox 89, Safari 15.4 or later.";
  }
})();
