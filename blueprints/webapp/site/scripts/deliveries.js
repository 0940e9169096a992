// The upper half of the partners' page: choosing files, and seeing them on their way.

import { announce, element, find, replace, say, show } from './dom.js';
import { chosen, dropped } from './gather.js';
import { isClutter, refusal } from './names.js';
import { Rows, summary } from './rows.js';
import { UNDER_WAY, Uploads } from './uploads.js';
import * as unfinished from './unfinished.js';
import { count, size } from './words.js';

const REDRAW = 200; // milliseconds between two drawings of mere progress
const TELL = 1000; // milliseconds that files are counted before they are told
const TOLD_AT_ONCE = 5; // refused names in one message

export class Deliveries {
  #uploads;
  #rows;
  #granted;
  #dropzone;
  #then;
  #drawing = 0;
  #telling = 0;
  #told = [];
  #listening = new AbortController();

  // `delivered` hears of each file that arrived; `refused` asks why the storage refuses what was allowed.
  constructor(dropzone, granted, libraries, then) {
    this.#dropzone = dropzone;
    this.#granted = granted;
    this.#then = then;
    this.#uploads = new Uploads(libraries, dropzone);
    this.#rows = new Rows(find('rows'), this.#uploads);
    const may = granted.permissions.includes('upload');
    show(find('drop'), may);
    show(find('no-upload'), !may);
    this.#uploads.addEventListener('change', ({ detail }) => this.#changed(detail));
    if (may) this.#listen();
    this.#offerUnfinished();
    this.#draw();
  }

  get active() {
    return this.#uploads.active;
  }

  close() {
    this.#listening.abort();
    this.#uploads.close();
    clearTimeout(this.#telling);
    this.#draw();
    clearTimeout(this.#drawing);
    show(find('unfinished'), false);
    show(find('refused'), false);
  }

  #listen() {
    const { signal } = this.#listening;
    const [files, folder, drop] = [find('files'), find('folder'), find('drop')];
    const on = (node, name, act) => node.addEventListener(name, act, { signal });
    on(find('choose-files'), 'click', () => files.click());
    on(find('choose-folder'), 'click', () => folder.click());
    show(find('choose-folder'), 'webkitdirectory' in folder && matchMedia('(hover: hover)').matches);
    for (const input of [files, folder]) {
      on(input, 'change', () => {
        this.#take(chosen(input.files));
        input.value = ''; // the same file may be chosen again
      });
    }
    on(document, 'dragover', (event) => {
      event.preventDefault(); // a file dropped beside the field must not replace the page
      drop.classList.add('over');
    });
    on(document, 'dragleave', (event) => event.relatedTarget || drop.classList.remove('over'));
    on(document, 'drop', (event) => {
      event.preventDefault();
      drop.classList.remove('over');
      dropped(event.dataTransfer).then(
        (found) => this.#take(found),
        () => this.#refuse(['A folder could not be read. Choose its files instead.']),
      );
    });
    on(find('clear'), 'click', () => this.#uploads.clear());
  }

  #take(found) {
    const wrong = [];
    let taken = 0;
    for (const { file, path } of found) {
      if (isClutter(path)) continue;
      const why = refusal(path, file.size, this.#granted);
      if (why) wrong.push(`${path} ${why}.`);
      else {
        this.#uploads.add(file, path);
        taken += 1;
      }
    }
    this.#refuse(wrong);
    this.#offerUnfinished();
    if (taken) announce(`${count(taken, 'file')} taken`);
  }

  #refuse(wrong) {
    const place = find('refused');
    show(place, wrong.length > 0);
    const more = wrong.length - TOLD_AT_ONCE;
    const lines = wrong.slice(0, TOLD_AT_ONCE).map((words) => element('p', {}, words));
    replace(place, ...lines, more > 0 && element('p', {}, `And ${count(more, 'more file')} that cannot be sent.`));
  }

  #changed(item) {
    if (item?.state === 'done') {
      this.#then.delivered(item);
      this.#announce(item.path);
    } else if (item?.state === 'failed') {
      announce(`${item.path} was not delivered. ${item.why}`);
      if (item.refused) this.#explain(item);
    } else if (item?.state === 'interrupted' && item.tries < 2) {
      announce(`${item.why}: ${item.path} goes on by itself`);
    }
    if (item) this.#rows.update(item);
    this.#drawing ||= setTimeout(() => this.#draw(), REDRAW);
  }

  // Of many small files nobody wants to hear each name.
  #announce(path) {
    this.#told.push(path);
    this.#telling ||= setTimeout(() => {
      announce(this.#told.length === 1 ? `${path} delivered` : `${count(this.#told.length, 'file')} delivered`);
      this.#telling = 0;
      this.#told = [];
    }, TELL);
  }

  // The storage says no more than "denied"; the service knows whether the access has ended, and says it in words.
  async #explain(item) {
    const why = await this.#then.refused();
    if (why) {
      item.why = why;
      this.#draw();
    }
  }

  #draw() {
    clearTimeout(this.#drawing);
    this.#drawing = 0;
    const { items } = this.#uploads;
    show(find('transfers'), items.length > 0);
    this.#rows.draw();
    say(find('transfers-title'), items.some((item) => UNDER_WAY.has(item.state)) ? 'On their way' : 'Sent in this visit');
    say(find('summary'), summary(items));
    show(find('clear'), items.some((item) => item.state === 'done'));
  }

  #offerUnfinished() {
    const { bucket, prefix } = this.#dropzone;
    const going = new Set(this.#uploads.items.map((item) => item.key));
    const left = unfinished.below(bucket, prefix).filter((one) => !going.has(one.key));
    const place = find('unfinished');
    show(place, left.length > 0);
    const rows = left.map((one) =>
      element(
        'li',
        {},
        element('span', {}, `${one.path} (${size(one.size)}) `),
        element(
          'button',
          { type: 'button', class: 'quiet', 'aria-label': `Discard ${one.path}`, onclick: () => this.#discard(one) },
          'Discard',
        ),
      ),
    );
    const words = 'These were cut off earlier. Choose the same file again and it goes on where it was.';
    replace(place, element('p', {}, words), element('ul', { class: 'plain' }, rows));
  }

  #discard(one) {
    unfinished.forget(one);
    this.#dropzone.abandon(one.key, one.uploadId).catch(() => {});
    this.#offerUnfinished();
    find('choose-files').focus();
  }
}
