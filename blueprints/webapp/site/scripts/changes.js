// Changing an access that there is: more time, a new key, or its end. Each asks first.

import { announce, busy, fail, find, say } from './dom.js';
import { moment } from './words.js';

const HOUR = 3_600_000; // milliseconds
const LONGEST = 720; // hours from now

export class Changes {
  #session;
  #handover;
  #changed;
  #one;
  #once;
  #listening = new AbortController();

  constructor(session, handover, changed) {
    this.#session = session;
    this.#handover = handover;
    this.#changed = changed;
    this.#on('extend', (form) => this.#extend(form));
    this.#on('rotate', () => this.#rotate());
    this.#on('revoke', (form) => this.#revoke(form));
    const { signal } = this.#listening;
    find('extend-form').addEventListener('input', () => this.#ends(), { signal });
  }

  extend(one) {
    this.#open('extend', one);
    this.#ends();
  }

  rotate(one) {
    this.#open('rotate', one);
  }

  revoke(one) {
    this.#open('revoke', one);
    say(find('revoke-word'), one.name);
  }

  close() {
    this.#listening.abort();
  }

  #open(what, one) {
    this.#one = one;
    this.#once = crypto.randomUUID();
    find(`${what}-form`).reset();
    fail(find(`${what}-problem`), '');
    say(find(`${what}-name`), one.name);
    find(what).showModal();
  }

  #on(what, act) {
    const { signal } = this.#listening;
    const form = find(`${what}-form`);
    find(`${what}-cancel`).addEventListener('click', () => find(what).close(), { signal });
    form.addEventListener(
      'submit',
      async (event) => {
        event.preventDefault();
        fail(find(`${what}-problem`), '');
        try {
          await busy(form.querySelector('[type="submit"]'), 'Asking…', () => act(form));
        } catch (error) {
          fail(find(`${what}-problem`), error.message);
        }
      },
      { signal },
    );
  }

  async #extend(form) {
    const hours = this.#hours(form);
    if (!hours) throw new Error('A whole number of hours, at least one and at most 30 days from now.');
    await this.#ask('POST', '/extend', { hours });
    this.#done('extend', `${this.#one.name} is extended`);
  }

  async #rotate() {
    const made = await this.#ask('POST', '/rotate', {});
    find('rotate').close();
    this.#handover.take(made);
  }

  async #revoke(form) {
    if (form.elements.word.value.trim() !== this.#one.name) throw new Error(`Type ${this.#one.name} to revoke it.`);
    await this.#ask('DELETE', '');
    this.#done('revoke', `${this.#one.name} is revoked`);
  }

  #ask(method, path, body) {
    return this.#session.ask(method, `/credentials/${this.#one.name}${path}`, { body, once: this.#once });
  }

  #done(what, words) {
    find(what).close();
    announce(words);
    this.#changed();
  }

  #hours(form) {
    const hours = Number(form.elements.amount.value) * (form.elements.unit.value === 'days' ? 24 : 1);
    return Number.isInteger(hours) && hours >= 1 && hours <= LONGEST ? hours : 0;
  }

  #ends() {
    this.#once = crypto.randomUUID();
    const hours = this.#hours(find('extend-form'));
    const ends = hours && moment(new Date(Date.now() + hours * HOUR).toISOString());
    say(find('extend-ends'), ends ? `Then it ends ${ends}.` : 'At most 30 days from now.');
  }
}
