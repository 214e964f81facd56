// SPDX-License-Identifier: Apache-2.0
//
// Failures around gmail_send, over two replicas that know nothing of each other's memory: whatever breaks, and whoever repeats the call
// where, each mail goes out once, and what was acknowledged is there.
//
// 200 failures by default; GATEHOUSE_E2E_FULL=1 injects 10,000, GATEHOUSE_SEND_FAULTS any number.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { until } from './lib/child.mjs';
import { tally } from './lib/outcomes.mjs';
import { callAlone } from './lib/raw_mcp.mjs';
import { Replicas } from './lib/replicas.mjs';

const full = process.env.GATEHOUSE_E2E_FULL === '1';
const wanted = Number(process.env.GATEHOUSE_SEND_FAULTS ?? (full ? 10_000 : 200));
const people = ['alice@acme.example', 'bob@acme.example'];
const names = ['a', 'b'];
const perReplica = 25; // mails of one person through one replica until it dies: what Google's price list leaves room for
const repeatsMax = 8;
const sending = '/messages/send$';

// What goes wrong with a send.
const kinds = {
  'cut before Google took it': { drop: true },
  'cut after Google took it': { drop: true, after: true },
  '503 instead of taking it': { status: 503, reason: 'backendError' },
  '500 although it was taken': { status: 500, reason: 'backendError', after: true },
  'a page instead of an answer, taken': { status: 502, body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' }, after: true },
  'nonsense with 200, taken': { status: 200, body: '[]', after: true },
  'half an answer, taken': { truncate: true },
};
// Google's answer does not come within the gateway's patience; of the second it takes the mail only after that.
const slowKinds = {
  'no answer in time, taken': { after: true, hold_ms: 24_000 },
  'no answer in time, taken late': { status: 0, delay_ms: 22_000 },
};
const slowEvery = 8; // batches, of which one has slow ones too
const slowOnes = 4; // of each kind
const hourEvery = 15; // batches
const killed = 'killed after Google took it';

const audit = new Audit();
const clients = new Map(); // person -> CaseClient
let world;
let mails = 0;

before(async () => {
  world = await Replicas.start({ names, fast: true, wallClock: true });
  for (const person of people) {
    await world.google.set({ auto_login: person });
    const client = new CaseClient({ gateway: world.gateway, audit, name: `sends for ${person}` });
    clients.set(person, await client.signIn({ scope: 'workspace.read workspace.write' }));
  }
}, { timeout: 120_000 });
after(() => world?.end());

class Mail {
  constructor(person, replica) {
    this.n = (mails += 1);
    this.person = person;
    this.replica = replica;
    // Nobody else is written to, so that looking for one mail finds no other.
    this.args = { to: [`p${this.n}@acme.example`], subject: `persimmon${this.n}`, body: 'Once.' };
    if (this.n % 3 === 0) this.args.request_id = `r-${this.n}`;
    this.acknowledged = new Set();
    this.outcomes = [];
  }

  get done() {
    return this.acknowledged.size > 0;
  }

  async attempt(replica) {
    const client = clients.get(this.person);
    const answer = await callAlone({ ...world.at(replica), headers: { ...client.headers, 'x-replica': replica } }, client.tokens.access_token, 'gmail_send', this.args).catch((error) => ({ status: 0, text: String(error) }));
    const result = answer.message?.result;
    if (answer.status !== 200 || !result) return void this.outcomes.push(`HTTP ${answer.status}`);
    const { code, status, id } = result.structuredContent;
    this.outcomes.push(code ?? status);
    if (result.isError) assert.ok(['outcome_unknown', 'google_unavailable', 'rate_limited', 'conflict'].includes(code), `mail ${this.n}: ${JSON.stringify(result.structuredContent)}`);
    else this.acknowledged.add(id);
  }
}

const faulty = async (path) => (await world.google.asked(path)).filter(({ fault }) => fault).length;

// So many mails at once as Google lets a person do.
async function each(list, work) {
  await Promise.all(people.flatMap((person) => names.map(async (name) => {
    const mine = list.filter((mail) => mail.person === person && mail.replica === name);
    for (let n = 0; n < mine.length; n += 12) await Promise.all(mine.slice(n, n + 12).map(work));
  })));
}

const order = (person, [name, fault]) => world.google.fault({ path: sending, email: person, name, ...fault });
const other = (name) => names.find((one) => one !== name);

// As a model repeats what it is told to repeat, once its time has come: through another replica, or the same.
async function repeatUntilDone(list) {
  for (let round = 0; round < repeatsMax && list.some(({ done }) => !done); round += 1) {
    await world.jump(world.time.offset + 20);
    await each(list.filter(({ done }) => !done), (mail) => mail.attempt(round % 2 ? mail.replica : other(mail.replica)));
  }
}

async function reviveAll() {
  await Promise.all(names.map((name) => world.kill(name)));
  await Promise.all(names.map((name) => world.revive(name)));
}

async function renew(client) {
  const renewed = await client.refresh();
  assert.equal(renewed.status, 200, renewed.text);
  client.tokens = renewed.json;
}

// Tokens are over, and the test Google, which counts calls by the hour, begins to count anew.
async function anHourLater() {
  await world.jump(world.time.offset + 3601);
  for (const client of clients.values()) await renew(client);
}

// One batch of mails, each with one failure at its first attempt; how many failures there were.
async function batch(n, most) {
  if (n > 0 && n % hourEvery === 0) await anHourLater();
  await world.google.clear();
  await world.google.set({ rewrite_message_id: n % 2 === 1 });
  const list = people.flatMap((person) => names.flatMap((name) => Array.from({ length: perReplica }, () => new Mail(person, name)))).slice(0, most);
  const slowPlan = n % slowEvery === 0 ? Object.entries(slowKinds).flatMap((kind) => Array(slowOnes).fill(kind)) : [];
  const slow = slowPlan.map((_, index) => list[Math.floor((index * list.length) / slowPlan.length)]);
  const quick = list.filter((mail) => !slow.includes(mail));
  const quickPlan = quick.map((_, index) => Object.entries(kinds)[(index + n) % Object.keys(kinds).length]);

  for (const [index, { person }] of slow.entries()) await order(person, slowPlan[index]);
  const waiting = slow.map((mail) => mail.attempt(mail.replica));
  await until('the slow ones are at Google', async () => (await world.google.state()).faults.length === 0, 30);
  for (const [index, { person }] of quick.entries()) await order(person, quickPlan[index]);
  await each(quick, (mail) => mail.attempt(mail.replica));
  await Promise.all(waiting);
  // What Google takes late is there before anybody may repeat it.
  const met = () => faulty(/messages\/send$/);
  const unmetCount = async () => (await world.google.state()).faults.length;
  await until('Google is done with what it was sent', async () => (await met()) + (await unmetCount()) === list.length, 60).catch(async (error) => {
    throw new Error(`${error.message}: ${await met()} met and ${await unmetCount()} unmet of ${list.length}, ${JSON.stringify(tally(list.flatMap(({ outcomes }) => outcomes)))}`);
  });
  await repeatUntilDone(list);
  // What no send met is no failure.
  const unmet = (await world.google.state()).faults.map(({ name }) => name);
  const failures = [...slowPlan, ...quickPlan].map(([name]) => name).filter((name) => unmet.indexOf(name) < 0 || !unmet.splice(unmet.indexOf(name), 1));
  await world.google.clear();

  // A last few, and a death while Google has them and nobody knows.
  const victims = people.flatMap((person) => names.flatMap((name) => [new Mail(person, name), new Mail(person, name)]));
  const had = (await world.google.mailUnder('SENT')).length;
  for (const { person } of victims) await world.google.fault({ path: sending, email: person, after: true, hold_ms: 1500 });
  const left = victims.map((mail) => mail.attempt(mail.replica));
  await until('Google has taken them', async () => (await world.google.mailUnder('SENT')).length >= had + victims.length, 30);
  await reviveAll();
  await Promise.all(left);
  await until('Google is done with them', async () => (await faulty(/messages\/send$/)) === victims.length, 30);
  const cutShort = victims.filter(({ done }) => !done).length;
  await repeatUntilDone(victims);
  return { list: [...list, ...victims], failures: failures.concat(Array(cutShort).fill(killed)) };
}

test(`${wanted} failures around gmail_send: nothing goes out twice, nothing that was acknowledged is lost`, { timeout: full ? 4 * 3_600_000 : 240_000 }, async (context) => {
  const all = [];
  const failures = [];
  for (let n = 0; failures.length < wanted; n += 1) {
    const made = await batch(n, wanted - failures.length);
    all.push(...made.list);
    failures.push(...made.failures);
    if (full) process.stderr.write(`${failures.length} failures, ${JSON.stringify(tally(made.list.flatMap(({ outcomes }) => outcomes)))}\n`);
    if (n % 10 === 9) context.diagnostic(`${failures.length} failures, ${all.length} mails`);
  }
  const copies = new Map();
  for (const { owner, id, subject } of await world.google.mailUnder('SENT')) {
    const key = `${owner} ${subject}`;
    copies.set(key, [...(copies.get(key) ?? []), id]);
  }
  const sent = (mail) => copies.get(`${mail.person} ${mail.args.subject}`) ?? [];
  const twice = all.filter((mail) => sent(mail).length > 1);
  const lost = all.filter((mail) => mail.done && !sent(mail).length);
  const misnamed = all.filter((mail) => mail.acknowledged.size > 1 || [...mail.acknowledged].some((id) => !sent(mail).includes(id)));
  const never = all.filter((mail) => !mail.done);
  const told = (list) => list.slice(0, 5).map(({ n, outcomes, acknowledged }) => ({ n, outcomes, acknowledged: [...acknowledged] }));
  context.diagnostic(`failures: ${JSON.stringify(tally(failures))}`);
  context.diagnostic(`answers: ${JSON.stringify(tally(all.flatMap(({ outcomes }) => outcomes)))}`);
  context.diagnostic(`${all.length} mails, ${twice.length} sent twice, ${lost.length} acknowledged and lost, ${never.length} never acknowledged`);
  assert.deepEqual(told(twice), [], `${twice.length} duplicates`);
  assert.deepEqual(told(lost), [], `${lost.length} lost`);
  assert.deepEqual(told(misnamed), [], 'an acknowledgement names the mail that went out');
  assert.deepEqual(told(never), [], 'every mail went out in the end');
  assert.ok(failures.length >= wanted);
  assert.ok(all.some(({ outcomes }) => outcomes.includes('already_sent')) && all.some(({ outcomes }) => outcomes.includes('outcome_unknown')), 'the failures reached those who sent');
});
