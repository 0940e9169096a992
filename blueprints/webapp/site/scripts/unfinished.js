// Uploads that a reload or a closed browser cut off, so that choosing the same file again goes on where it was.
// Names and upload ids only: without the pair they are good for nothing.

const PLACE = 'lake.unfinished';
const KEEP = 7 * 24 * 3600 * 1000; // milliseconds; after that the bucket's lifecycle rule has thrown the parts away

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => Date.now() - one.at < KEEP) : [];
  } catch {
    return []; // somebody else's text in its place, or a browser that stores nothing
  }
}

function write(entries) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(entries));
  } catch {
    // a browser that stores nothing: then a reload begins anew
  }
}

const same = (one, { bucket, key }) => one.bucket === bucket && one.key === key;

export function remember(entry) {
  write([...read().filter((one) => !same(one, entry)), { ...entry, at: Date.now() }]);
}

export function forget(entry) {
  write(read().filter((one) => !same(one, entry)));
}

export function below(bucket, prefix) {
  return read().filter((one) => one.bucket === bucket && one.key.startsWith(prefix));
}

// The upload to go on with: of this very file, by name, size and time of its last change.
export function match({ bucket, key, size, modified }) {
  return read().find((one) => same(one, { bucket, key }) && one.size === size && one.modified === modified);
}
