/** All that is fuzzed. */
import type { Target } from "../target";
import { reply, thrown, wireError } from "./answers";
import { anyEvent, busEvent } from "./events";
import { http } from "./http";
import { names, paths } from "./identity";
import { callRequest, invocation } from "./invocations";
import { pattern } from "./patterns";
import { batch } from "./queues";
import { localServer } from "./server";
import { deadLetter, head, item, manifest, records, state, storedState } from "./stored";
import { durations, schedule } from "./times";
import { decoder, encoder } from "./values";

export const TARGETS: readonly Target[] = [
  decoder,
  encoder,
  state,
  storedState,
  ...records,
  head,
  manifest,
  item,
  deadLetter,
  names,
  paths,
  invocation,
  callRequest,
  batch,
  busEvent,
  anyEvent,
  http,
  localServer,
  schedule,
  durations,
  pattern,
  wireError,
  thrown,
  reply,
];
