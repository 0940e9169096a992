// The partner's prefix in the drop-zone bucket: addresses, what is in it, and how S3's refusals read.

const PAGE = 1000; // objects; the most that S3 lists at once

const REFUSALS = {
  AccessDenied: 'The storage refused this. Your access may have ended, or does not cover it.',
  ExpiredToken: 'Your access has ended.',
  InvalidAccessKeyId: 'This access key is no longer valid. Ask for a new one.',
  SignatureDoesNotMatch: 'The storage did not accept the signature. Sign in again with the right pair.',
  RequestTimeTooSkewed: 'The clock of this device is wrong by more than 15 minutes. Set it right and try again.',
  EntityTooLarge: 'The file is larger than the storage takes.',
  KeyTooLongError: 'The name, with its folders, is too long for the storage.',
  NoSuchUpload: 'The storage no longer has the first half of this file. Send it again from the start.',
  NoSuchBucket: 'The storage does not exist any more. Tell the people you deliver to.',
};

export class StorageError extends Error {
  constructor(status, code) {
    super(REFUSALS[code] ?? (status ? `The storage refused this (${code || status}).` : 'The storage cannot be reached.'));
    this.name = 'StorageError';
    this.status = status;
    this.code = code;
  }

  static of(status, xml) {
    return new StorageError(status, /<Code>(\w+)<\/Code>/.exec(xml ?? '')?.[1] ?? '');
  }
}

export class Dropzone {
  #keys;

  constructor(keys, { endpoint, bucket, region, prefix }) {
    this.#keys = keys;
    this.bucket = bucket;
    this.region = region;
    this.prefix = prefix;
    const base = new URL(endpoint);
    const regional = /^s3[.-].*amazonaws\.com(\.cn)?$/.test(base.hostname); // else: no name of a bucket before its host
    this.base = regional ? `https://${bucket}.${base.host}` : `${base.origin}/${bucket}`;
  }

  // The parts of Uppy's question decide which of S3's operations it is.
  signed({ method, key, uploadId, partNumber }) {
    const query = {};
    if (uploadId) query.uploadId = uploadId;
    else if (method === 'POST') query.uploads = '';
    if (partNumber) query.partNumber = String(partNumber);
    return this.#signed(method, `/${key.split('/').map(encodeURIComponent).join('/')}`, query);
  }

  async list(below, token) {
    // Encoded: a name may hold what XML cannot, and one such name would hide all the others (S3 API, ListObjectsV2).
    const query = { 'encoding-type': 'url', 'list-type': '2', 'max-keys': String(PAGE), prefix: this.prefix + below };
    if (token) query['continuation-token'] = token;
    const read = new DOMParser().parseFromString(await this.#ask('GET', '/', query), 'application/xml');
    const text = (node, name) => node.getElementsByTagName(name)[0]?.textContent ?? '';
    const objects = Array.from(read.getElementsByTagName('Contents'), (one) => ({
      path: decodeURIComponent(text(one, 'Key').replaceAll('+', ' ')).slice(this.prefix.length),
      size: Number(text(one, 'Size')),
      at: text(one, 'LastModified'),
    }));
    return { objects: objects.filter((one) => one.path), next: text(read, 'NextContinuationToken') };
  }

  async abandon(key, uploadId) {
    const { url } = await this.signed({ method: 'DELETE', key, uploadId });
    await this.#fetched(url, 'DELETE');
  }

  async #ask(method, path, query) {
    const { url } = await this.#signed(method, path, query);
    return this.#fetched(url, method);
  }

  async #fetched(url, method) {
    const answer = await fetch(url, { method, cache: 'no-store', credentials: 'omit' }).catch(() => null);
    if (answer === null) throw new StorageError(0, '');
    const said = await answer.text();
    if (!answer.ok) throw StorageError.of(answer.status, said);
    return said;
  }

  async #signed(method, path, query) {
    const url = new URL(this.base + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return { url: await this.#keys.address(method, url, this.region) };
  }
}
