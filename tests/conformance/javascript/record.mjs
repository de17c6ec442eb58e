// What the SDKs of this process called, and what came of it: told at the end, so that whoever started it
// can say which routes were never called; and replayed by the area `strangers`.

// Every exchange over HTTP, in its order.
export const exchanges = [];

// The first call of each method that succeeded, by its name, such as `Users.getUser`.
export const firstSuccesses = new Map();

// The SDK's own client of HTTP, and a line for every exchange.
export function recordExchanges(sdk, platform) {
  const inner = platform.getHttpClient();
  class Recording extends sdk.AbstractHttpClient {
    async request(options) {
      const record = ({ status, data }) => {
        const { pathname } = new URL(options.url);
        const exchange = { method: options.method, path: pathname, hasBody: options.data !== undefined, status };
        if (status >= 400) exchange.error = data;
        exchanges.push(exchange);
      };
      try {
        const response = await inner.request(options);
        record(response);
        return response;
      } catch (error) {
        if (error.response) record(error.response);
        throw error;
      }
    }
  }
  platform.setHttpClient(new Recording());
}

// The same API, whose first successful call of each method is kept.
export function recordedApi(name, api) {
  return new Proxy(api, {
    get(target, method) {
      const called = target[method];
      if (typeof called !== "function") return called;
      return async (...args) => {
        const answer = await called.apply(target, args);
        const key = `${name}.${method}`;
        if (!firstSuccesses.has(key)) firstSuccesses.set(key, { name, method, args });
        return answer;
      };
    },
  });
}
