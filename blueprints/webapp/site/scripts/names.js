// Whether a file can be delivered under its name, told before a byte is sent.

const KEY_BYTES = 1024; // S3 user guide, "Naming objects"
const LARGEST = 5 * 1000 ** 4; // bytes: a thousand parts of five gigabytes
const MEBIBYTE = 1024 * 1024;
const CLUTTER = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini']); // what systems leave in folders that people send

export function isClutter(path) {
  return CLUTTER.has(path.split('/').at(-1));
}

// Words for what is wrong with it, or ''.
export function refusal(path, bytes, { prefix, maxObjectMiB }) {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'has a name that the storage cannot take';
  if (/[\u0000-\u001f\u007f\ufffd]/.test(path)) return 'has characters in its name that cannot be shown';
  if (new TextEncoder().encode(prefix + path).length > KEY_BYTES) return 'has a name that, with its folders, is too long';
  if (maxObjectMiB && bytes > maxObjectMiB * MEBIBYTE) return `is larger than the ${maxObjectMiB} MiB that you may send`;
  if (bytes > LARGEST) return 'is larger than 5 TB, the most that the storage takes';
  return '';
}
