// From the wish to the pair: waits while CloudFormation makes a key, shows the pair once, and words the message to the
// partner. What shows the pair is kept in the tab until it was shown, so that a reload loses nothing.

import { announce, copyButton, fail, find, replace, say, show } from './dom.js';
import { duration, moment } from './words.js';

const PLACE = 'lake.handover';
const LOOK = 2000; // milliseconds between two looks
const PASSING = new Set([0, 429, 502, 503, 504]); // of an answer: no connection, or a service that is busy
const SLOW = 90; // seconds after which waiting is explained again

export class Handover {
  #session;
  #config;
  #changed;
  #open = '';
  #timer;
  #began = 0;
  #listening = new AbortController();

  constructor(session, config, changed) {
    this.#session = session;
    this.#config = config;
    this.#changed = changed;
    const { signal } = this.#listening;
    find('handover').addEventListener('close', () => this.#closed(), { signal });
    find('handover-close').addEventListener('click', () => find('handover').close(), { signal });
    for (const [id, label] of [['pair-id', 'Access key ID'], ['pair-secret', 'Secret access key'], ['pair-mail', 'Message']]) {
      replace(find(`${id}-copy`), copyButton(() => find(id).value, label));
    }
  }

  // `made` is what the service answered to a new access or a new key: {name, reveal}.
  take({ name, reveal }) {
    this.#keep({ ...this.#kept(), [name]: reveal });
    this.#changed();
    this.open(name);
  }

  waits(name) {
    return name in this.#kept();
  }

  // After a reload: the one that was waited for.
  goOn() {
    const [name] = Object.keys(this.#kept());
    if (name) this.open(name);
  }

  open(name) {
    this.#open = name;
    this.#began = Date.now();
    fail(find('handover-problem'), '');
    say(find('handover-title'), `Access for ${name}`);
    show(find('handover-wait'));
    show(find('pair'), false);
    say(find('handover-told'), 'Making the access…');
    say(find('handover-close'), 'Go on in the background');
    if (!find('handover').open) find('handover').showModal();
    this.#look();
  }

  close() {
    clearTimeout(this.#timer);
    this.#listening.abort();
    this.#forgetPair();
    sessionStorage.removeItem(PLACE);
  }

  async #look() {
    const name = this.#open;
    clearTimeout(this.#timer);
    try {
      const body = { reveal: this.#kept()[name] };
      const pair = await this.#session.ask('POST', `/credentials/${name}/reveal`, { body, once: crypto.randomUUID() });
      if (name === this.#open) await this.#show(name, pair);
    } catch (error) {
      if (name === this.#open) this.#notYet(name, error);
    }
  }

  #notYet(name, error) {
    if (error.code !== 'making' && !PASSING.has(error.status)) {
      this.#forget(name);
      show(find('handover-wait'), false);
      say(find('handover-close'), 'Close');
      fail(find('handover-problem'), error.message);
      this.#changed();
      return;
    }
    const passed = Math.round((Date.now() - this.#began) / 1000);
    say(find('handover-told'), progress(passed, error.status));
    this.#timer = setTimeout(() => this.#look(), Math.max(LOOK, 1000 * (error.retryAfter ?? 0)));
  }

  async #show(name, pair) {
    this.#forget(name);
    find('pair-id').value = pair.accessKeyId;
    find('pair-secret').value = pair.secretAccessKey;
    show(find('handover-wait'), false);
    show(find('pair'));
    say(find('handover-close'), 'I have kept it, close');
    find('pair-id').focus();
    announce('The pair is ready. It is shown this once.');
    this.#changed();
    await this.#write(name, pair);
  }

  // After the pair, which nothing may keep waiting: it is shown this once.
  async #write(name, pair) {
    const entry = await this.#session.ask('GET', `/credentials/${name}`).catch(() => null);
    const still = find('pair-id').value === pair.accessKeyId; // it was not closed meanwhile
    if (still) find('pair-mail').value = this.#message(pair, entry?.expires, entry?.protocols ?? ['web']);
  }

  // For an e-mail: all but the secret, which travels by another way.
  #message(pair, expires, protocols) {
    const ways = [];
    if (protocols.includes('web')) ways.push(`In the browser: ${location.origin}/`);
    if (protocols.includes('api')) ways.push(`By AWS CLI or SDK: s3://${pair.bucket}/${pair.prefix.replace(/\/?$/, '/')} in ${pair.region}`);
    if (protocols.includes('sftp')) ways.push('By SFTP: the user is the access key ID, the password is the secret access key.');
    return [
      'Hello,',
      '',
      `you can now exchange files with ${this.#config.organization}.`,
      '',
      `Access key ID: ${pair.accessKeyId}`,
      'Secret access key: comes to you by another way. Never send it by e-mail.',
      `Folder: ${pair.prefix.replace(/\/?$/, '/')}`,
      ...(expires ? [`Valid until: ${moment(expires)}`] : []),
      '',
      ...ways,
      '',
    ].join('\n');
  }

  #closed() {
    clearTimeout(this.#timer);
    this.#open = '';
    this.#forgetPair();
    this.#changed();
  }

  #forgetPair() {
    for (const id of ['pair-id', 'pair-secret', 'pair-mail']) find(id).value = '';
  }

  #kept() {
    try {
      return JSON.parse(sessionStorage.getItem(PLACE)) ?? {};
    } catch {
      return {};
    }
  }

  #keep(waiting) {
    sessionStorage.setItem(PLACE, JSON.stringify(waiting));
  }

  #forget(name) {
    const { [name]: _, ...others } = this.#kept();
    this.#keep(others);
  }
}

function progress(passed, status) {
  if (status === 0) return 'No connection at the moment; this goes on by itself.';
  if (passed < 5) return 'Making the access…';
  if (passed < SLOW) return `CloudFormation makes the user and its key, ${duration(passed)} so far. Mostly it takes less than a minute.`;
  return `CloudFormation is still at it, ${duration(passed)} so far. You may close this: the pair waits for you in this tab.`;
}
