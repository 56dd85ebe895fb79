// http, the sending half: puts a bundle to the centre's listener, and brings its receipt back.

import { limits, type SiteId } from "@siteferry/model";
import type { SendingTransport } from "../../transport.ts";
import { httpClient, type HttpClientOptions } from "./client.ts";
import { answerFailure } from "./failures.ts";
import { uploadPath } from "./route.ts";
import { httpTraits } from "./traits.ts";

export interface HttpSendOptions extends HttpClientOptions {
  /** The sending site. */
  readonly site: SiteId;
}

export function httpSender(options: HttpSendOptions): SendingTransport {
  const client = httpClient(options);
  return {
    name: `http:${client.where}`,
    traits: httpTraits,
    async send({ name, content }) {
      const answer = await client.ask({
        method: "PUT",
        path: uploadPath(options.site, name),
        body: content,
        answerBytesMax: limits.receiptBytesMax,
      });
      if (answer.status === 200) return answer.body;
      if (answer.status === 204) return null;
      throw answerFailure(answer, client.where);
    },
    close: client.close,
  };
}
