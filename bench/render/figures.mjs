// Medians, and what is promised. `cargo xtask bench` collects the lines that begin with `bound`.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)];
  return (sorted[low] + sorted[high]) / 2;
}

/** From the smallest to the largest. */
export function range(values, digits) {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
}

export class Bounds {
  #lines = [];

  atMost(what, unit, limit, measured) {
    this.#push(what, unit, "at most", limit, measured, measured <= limit);
  }

  below(what, unit, limit, measured) {
    this.#push(what, unit, "below", limit, measured, measured < limit);
  }

  #push(what, unit, word, limit, measured, met) {
    const part = (measured / limit - 1) * 100;
    const side = `${Math.abs(part).toFixed(0)} % ${part <= 0 ? "under" : "over"}`;
    const verdict = met ? "met    " : "NOT MET";
    this.#lines.push(
      `bound  ${verdict}  ${what}: ${measured.toFixed(2)} ${unit}, ${word} ${limit.toFixed(2)} (${side})`,
    );
  }

  toString() {
    return this.#lines.join("\n");
  }
}
