// The files on their way. Uppy cuts them into parts and sends these; what is here decides what is begun, what goes on by
// itself after a lost connection, and what a person is told. It knows nothing of the page.

import { Speed } from './speed.js';
import * as unfinished from './unfinished.js';
import { StorageError } from './dropzone.js';

const MEBIBYTE = 1024 * 1024;
const WHOLE = 16 * MEBIBYTE; // up to here one request is quicker than parts
const PART = 8 * MEBIBYTE; // what a lost connection costs at most
const PARTS = 1000; // as many as S3 tells at once when an upload goes on
const AT_ONCE = 4; // files; their parts go one after the other
const STALLED = 45_000; // milliseconds without a byte, after which a part is begun anew
const LONGEST_WAIT = 30; // seconds between two tries

const partSize = ({ size }) => Math.max(PART, Math.ceil(size / PARTS));

// States: waiting, sending, paused, interrupted (goes on by itself), failed (needs a person), done.
export const UNDER_WAY = new Set(['waiting', 'sending', 'interrupted']);

export class Uploads extends EventTarget {
  #uppy;
  #dropzone;
  #items = new Map();
  #queue = []; // begun as places become free: a folder of thousands is not handed to Uppy at once
  #made = 0;
  #ticking;

  constructor({ Uppy, AwsS3 }, dropzone) {
    super();
    this.#dropzone = dropzone;
    this.#uppy = new Uppy({ id: 'lake', autoProceed: false }).use(AwsS3, {
      signRequest: (request) => dropzone.signed(request),
      shouldUseMultipart: (file) => file.size > WHOLE,
      getChunkSize: partSize,
      generateObjectKey: (file) => file.meta.key,
      allowedMetaFields: [],
      limit: Infinity, // a paused file would hold a place of Uppy's own queue
    });
    this.#listen();
    this.online = () => this.#all('interrupted').forEach((item) => (item.halted ? this.#unhalt(item) : this.retry(item)));
    this.offline = () => this.#all('sending').forEach((item) => this.#halt(item));
    window.addEventListener('online', this.online);
    window.addEventListener('offline', this.offline);
    this.#ticking = setInterval(() => this.#tick(), 1000);
  }

  get items() {
    return [...this.#items.values()];
  }

  get active() {
    return this.items.some((item) => UNDER_WAY.has(item.state) || item.state === 'paused');
  }

  // `path` is below the partner's prefix. A file that is being sent already stays as it is.
  add(file, path) {
    const key = this.#dropzone.prefix + path;
    const before = this.#items.get(key);
    if (before && before.state !== 'done' && before.state !== 'failed') return before;
    if (before) this.#drop(before);
    this.#made += 1;
    const item = { number: this.#made, key, path, size: file.size, modified: file.lastModified, sent: 0, tries: 0, file };
    item.why = '';
    item.speed = new Speed();
    this.#items.set(key, item);
    this.#begin(item);
    return item;
  }

  pause(item) {
    if (item.state !== 'sending') return;
    this.#uppy.pauseResume(item.id);
    this.#become(item, 'paused');
    this.#next();
  }

  resume(item) {
    if (item.state !== 'paused') return;
    this.#uppy.pauseResume(item.id);
    item.noted = performance.now();
    this.#become(item, 'sending');
  }

  retry(item) {
    if (item.state === 'failed' || item.timer) this.#begin(item);
  }

  // Takes it away here, and the parts that the storage holds.
  cancel(item) {
    const begun = this.#begun(item);
    const idle = item.state === 'failed' || item.timer;
    this.#drop(item);
    this.#next();
    // While a file is sent, Uppy itself ends the upload in the storage.
    if (begun && idle) this.#dropzone.abandon(begun.key, begun.uploadId).catch(() => {});
  }

  clear() {
    this.#all('done').forEach((item) => this.#drop(item));
  }

  close() {
    this.items.forEach((item) => (item.state === 'done' ? this.#drop(item) : this.cancel(item)));
    window.removeEventListener('online', this.online);
    window.removeEventListener('offline', this.offline);
    clearInterval(this.#ticking);
    this.#uppy.destroy();
  }

  #listen() {
    const of = (handle) => (file, said) => {
      const item = file && this.#items.get(file.meta.key);
      if (item && item.id === file.id) handle(item, said);
    };
    this.#uppy.on('upload-progress', of((item, { bytesUploaded }) => this.#progress(item, bytesUploaded)));
    this.#uppy.on('upload-success', of((item) => this.#finish(item)));
    this.#uppy.on('upload-error', of((item, error) => this.#fail(item, error)));
    this.#uppy.on('s3-multipart:part-uploaded', of((item) => this.#remember(item)));
  }

  #begin(item) {
    clearTimeout(item.timer);
    item.timer = undefined;
    item.speed.rest();
    if (item.state !== 'interrupted') this.#become(item, 'waiting'); // until a byte is sent, nothing is better
    this.#queue.push(item);
    this.#next();
  }

  #next() {
    let free = AT_ONCE - this.items.filter((item) => item.running && item.state !== 'paused').length;
    while (free > 0 && this.#queue.length) {
      this.#send(this.#queue.shift());
      free -= 1;
    }
  }

  // Uppy's way to begin with one file, be it new or failed: `upload()` would first wait for all that failed before.
  #send(item) {
    item.running = true;
    item.noted = performance.now();
    item.id ??= this.#handed(item);
    this.#uppy.retryUpload(item.id).catch((error) => this.#fail(item, error));
  }

  #handed({ file, key, number, size, modified }) {
    const id = this.#uppy.addFile({
      name: file.name,
      type: file.type || 'application/octet-stream',
      data: file,
      meta: { key, relativePath: String(number) }, // part of Uppy's id, which takes upper for lower case
    });
    const kept = unfinished.match(this.#entry({ key, size, modified }));
    if (kept) this.#uppy.setFileState(id, { s3Multipart: { uploadId: kept.uploadId, key } });
    return id;
  }

  #begun(item) {
    return item.id && this.#uppy.getFile(item.id)?.s3Multipart;
  }

  #progress(item, sent) {
    if (item.state === 'paused' || item.state === 'done' || item.halted) return;
    if (sent > item.sent) item.tries = 0;
    item.sent = sent;
    item.noted = performance.now();
    item.speed.note(sent);
    this.#become(item, 'sending');
  }

  #finish(item) {
    unfinished.forget(this.#entry(item));
    this.#uppy.removeFile(item.id);
    Object.assign(item, { id: undefined, file: undefined, running: false, sent: item.size, at: new Date().toISOString() });
    this.#become(item, 'done');
    this.#next();
  }

  #fail(item, error) {
    if (this.#items.get(item.key) !== item) return; // cancelled meanwhile
    const refused = StorageError.of(error.status ?? 0, error.body ?? error.request?.responseText);
    item.speed.rest();
    item.running = false;
    if (refused.code === 'NoSuchUpload' && this.#begun(item)) {
      unfinished.forget(this.#entry(item));
      this.#uppy.setFileState(item.id, { s3Multipart: undefined });
      item.sent = 0;
      this.#begin(item);
    } else if (error.code === 'NETWORK') {
      this.#interrupt(item, 'No connection');
    } else if (refused.status >= 500 || refused.status === 429) {
      this.#interrupt(item, 'The storage is busy');
    } else {
      item.why = refused.status ? refused.message : `This file could not be sent: ${unread(error)}`;
      item.refused = refused.status === 403;
      this.#become(item, 'failed');
    }
    this.#next();
  }

  #interrupt(item, why) {
    const wait = Math.min(LONGEST_WAIT, 2 ** item.tries);
    item.tries += 1;
    item.why = why;
    item.timer = setTimeout(() => this.#begin(item), wait * 1000);
    this.#become(item, 'interrupted');
  }

  // The browser says that there is no connection: a request in flight would wait for an answer that never comes.
  #halt(item) {
    this.#uppy.pauseResume(item.id);
    item.halted = true;
    item.why = 'No connection';
    item.speed.rest();
    this.#become(item, 'interrupted');
  }

  #unhalt(item) {
    item.halted = false;
    item.noted = performance.now();
    this.#uppy.pauseResume(item.id);
    this.#become(item, 'sending');
  }

  // A connection can be dead without anybody saying so: then the part is begun anew.
  #tick() {
    for (const item of this.#all('sending')) {
      if (performance.now() - item.noted > STALLED) {
        item.noted = performance.now();
        this.#uppy.pauseResume(item.id);
        this.#uppy.pauseResume(item.id);
      }
    }
    if (this.active) this.#tell();
  }

  #remember(item) {
    const begun = this.#begun(item);
    if (begun) unfinished.remember({ ...this.#entry(item), path: item.path, uploadId: begun.uploadId });
  }

  #drop(item) {
    clearTimeout(item.timer);
    unfinished.forget(this.#entry(item));
    this.#items.delete(item.key);
    this.#queue = this.#queue.filter((one) => one !== item);
    if (item.id) this.#uppy.removeFile(item.id);
    this.#tell();
  }

  #entry({ key, size, modified }) {
    return { bucket: this.#dropzone.bucket, key, size, modified };
  }

  #all(state) {
    return this.items.filter((item) => item.state === state);
  }

  #become(item, state) {
    const before = item.state;
    item.state = state;
    this.#tell(before === state ? undefined : item);
  }

  #tell(changed) {
    this.dispatchEvent(new CustomEvent('change', { detail: changed }));
  }
}

// The browser's own words when it cannot read a file: it was moved, changed or deleted since it was chosen.
function unread(error) {
  return error.name === 'NotReadableError' || error.name === 'NotFoundError'
    ? 'it was moved or changed since you chose it. Choose it again.'
    : error.message;
}
