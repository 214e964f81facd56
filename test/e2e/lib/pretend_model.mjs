// SPDX-License-Identifier: Apache-2.0
//
// A model that only ever wants one tool, behind the HTTP interface that Claude Code speaks: asked first, it calls the tool; shown the
// result, it is done.
import http from 'node:http';

const frame = (type, value) => `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;

function* answer(model, block) {
  const usage = { input_tokens: 1, output_tokens: 1 };
  yield frame('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage } });
  const isTool = block.type === 'tool_use';
  yield frame('content_block_start', { index: 0, content_block: isTool ? { ...block, input: {} } : { type: 'text', text: '' } });
  yield frame('content_block_delta', { index: 0, delta: isTool ? { type: 'input_json_delta', partial_json: JSON.stringify(block.input) } : { type: 'text_delta', text: block.text } });
  yield frame('content_block_stop', { index: 0 });
  yield frame('message_delta', { delta: { stop_reason: isTool ? 'tool_use' : 'end_turn', stop_sequence: null }, usage });
  yield frame('message_stop', {});
}

export class PretendModel {
  offered = []; // the names of the tools it could have called
  shown = undefined; // what it was shown of the result
  #server = http.createServer((request, response) => this.#handle(request, response));

  async start(tool, args) {
    Object.assign(this, { tool, args });
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  async #handle(request, response) {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method !== 'POST' || !/^\/v1\/messages(\?|$)/.test(request.url)) return response.writeHead(404).end();
    const { model, messages, tools = [] } = JSON.parse(body);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of answer(model, this.#next(messages.at(-1).content, tools))) response.write(event);
    return response.end();
  }

  #next(content, tools) {
    const result = Array.isArray(content) ? content.find(({ type }) => type === 'tool_result') : undefined;
    if (result) {
      this.shown = typeof result.content === 'string' ? result.content : result.content.map(({ text = '' }) => text).join('\n');
      return { type: 'text', text: 'Done.' };
    }
    this.offered = tools.map(({ name }) => name);
    return { type: 'tool_use', id: 'toolu_1', name: this.tool, input: this.args };
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
