// Numbers and times as people read them. Sizes are decimal, as file managers show them.

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return `${value} ${value === 1 ? 'byte' : 'bytes'}`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

export function count(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString()} ${number === 1 ? noun : plural}`;
}

// The largest unit alone is enough for a person: "3 minutes", not "3 minutes 12 seconds".
export function duration(seconds) {
  if (seconds < 60) return count(Math.max(1, Math.round(seconds)), 'second');
  if (seconds < 3570) return count(Math.round(seconds / 60), 'minute');
  if (seconds < 48 * 3600) return count(Math.round(seconds / 3600), 'hour');
  return count(Math.round(seconds / 86400), 'day');
}

export function moment(iso) {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

// A message of the service may hold a time as machines write it.
export function humane(text) {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, moment);
}

export function until(iso, now = Date.now()) {
  const left = (new Date(iso) - now) / 1000;
  return left > 0 ? `in ${duration(left)}` : `${duration(-left)} ago`;
}

export function list(words) {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
