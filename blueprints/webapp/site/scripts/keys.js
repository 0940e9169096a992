// A partner's pair, and what is signed with it. The secret becomes a key that the browser can use and no script can
// read; it is neither stored nor sent. aws4fetch builds what has to be signed (AWS Signature Version 4).

import { AwsV4Signer } from '../vendor/aws4fetch.js';

const HASH = { name: 'HMAC', hash: 'SHA-256' };
const WHO = 'Action=GetCallerIdentity&Version=2011-06-15';
const ADDRESS_SECONDS = '3600'; // how long a signed address may be begun with; a part in flight goes on
const encoder = new TextEncoder();

const importKey = (bytes) => crypto.subtle.importKey('raw', bytes, HASH, false, ['sign']);
const mac = async (key, text) => crypto.subtle.sign('HMAC', key, encoder.encode(text));

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// aws4fetch would derive the signing key from the text of the secret; here it comes from the browser's own key.
class Signer extends AwsV4Signer {
  constructor(root, options) {
    super({ ...options, secretAccessKey: '' });
    this.root = root;
  }

  async signature() {
    let key = this.root;
    for (const word of this.credentialString.split('/')) key = await importKey(await mac(key, word));
    return hex(await mac(key, await this.stringToSign()));
  }
}

export class Keys {
  #root;

  constructor(id, root) {
    this.id = id;
    this.#root = root;
  }

  static async of(id, secret) {
    return new Keys(id, await importKey(encoder.encode(`AWS4${secret}`)));
  }

  // The headers of a request to STS that says who signs; `site` is signed too, so that they serve no other site.
  async identity({ endpoint, region, site }) {
    const signed = await new Signer(this.#root, {
      method: 'POST',
      url: `${endpoint.replace(/\/$/, '')}/`,
      headers: { 'X-Lake-Site': site },
      body: WHO,
      accessKeyId: this.id,
      service: 'sts',
      region,
    }).sign();
    return Object.fromEntries(signed.headers);
  }

  // An address that may be asked for an hour, and for this method alone.
  async address(method, url, region) {
    const asked = new URL(url);
    asked.searchParams.set('X-Amz-Expires', ADDRESS_SECONDS);
    const signed = await new Signer(this.#root, {
      method,
      url: asked,
      accessKeyId: this.id,
      service: 's3',
      region,
      signQuery: true,
    }).sign();
    signed.url.search = signed.url.search.replaceAll('+', '%20'); // a space, as S3 reads a query
    return signed.url.href;
  }
}
