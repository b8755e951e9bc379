// The place of a JSON pointer (RFC 6901) in a JSON text, so that it can be marked.

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+)/y;

/** Return the start and end of the pointer's value, key included, or of its nearest ancestor;
 * `null` if the text is not JSON. */
export function placeOf(text, pointer) {
  const wanted = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  let best = null;
  let at = 0;

  function next() {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) {
      throw new SyntaxError("not JSON");
    }
    at = TOKEN.lastIndex;
    return { text: found[1], start: at - found[1].length };
  }

  // Reads the value that begins with a token; `path` is null off the way to the place.
  function value(token, path, from) {
    const inside = (part) => (path && wanted[path.length] === part ? [...path, part] : null);
    if (token.text === "{") {
      for (let key = next(); key.text !== "}"; key = next()) {
        if (key.text === ",") {
          key = next();
        }
        next(); // the colon
        value(next(), inside(JSON.parse(key.text)), key.start);
      }
    } else if (token.text === "[") {
      let index = 0;
      for (let one = next(); one.text !== "]"; one = next()) {
        if (one.text === ",") {
          one = next();
        }
        value(one, inside(String(index++)), one.start);
      }
    }
    if (path && (best === null || path.length > best.depth)) {
      best = { depth: path.length, start: from, end: at };
    }
  }

  try {
    const first = next();
    value(first, [], first.start);
    return { start: best.start, end: best.end };
  } catch {
    return null;
  }
}
