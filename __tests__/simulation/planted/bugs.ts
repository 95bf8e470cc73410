// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source text
/**
 * Bugs to plant: deliberate faults in the runtime and in the adapters, each a change of the source by which it is bundled for
 * one run of the simulation. The sources themselves know nothing of them. A simulation that does not find one of these proves less
 * than it seems to.
 */

export interface Bug extends Edit {
  readonly name: string;
  /** What else must change for it to be one: the same is made sure of in two places. */
  readonly also?: readonly Edit[];
}

export interface Edit {
  /** Below `lib/`. */
  readonly file: string;
  /** Stands there once. */
  readonly find: string;
  readonly replace: string;
}

export const BUGS: readonly Bug[] = [
  {
    name: "a commit is not conditioned on lease and version",
    file: "aws/dynamo-store.ts",
    find: "return all(held(lease), atVersion(onVersion));",
    replace: 'return { expression: "attribute_exists(#fence)", values: {} };',
  },
  {
    name: "a refused commit is taken for an applied one",
    file: "runtime/commits.ts",
    find: "if (!outcome.committed) await",
    replace: "if (false) await",
  },
  {
    name: "calls of a refused commit are told of success",
    file: "runtime/commits.ts",
    find: "(await answerTo(call.envelope)) ?? { error: lost };",
    replace:
      "{ reply: (this.outcomes.find((one) => one.call === call) as { reply: never }).reply, answerTo };",
  },
  {
    name: "effects leave before the commit",
    file: "runtime/commits.ts",
    find: "const outcome = await claim.commit(",
    replace:
      'await (await import("./outbox")).deliverEffects(this.host, this.address, draft.outbox);\n      const outcome = await claim.commit(',
  },
  {
    name: "replies leave before the commit",
    file: "runtime/activation.ts",
    find: "this.commits.add(await this.turns.run(call));",
    replace:
      'const outcome = await this.turns.run(call);\n    this.commits.add(outcome);\n    if ("reply" in outcome) call.succeed(outcome.reply);',
  },
  {
    name: "effects that were left over are never sent",
    file: "runtime/activation.ts",
    find: "await this.deliverLeftOver();",
    replace: "this.record.delivered([]);",
  },
  {
    name: "what is in memory is used whatever is stored",
    file: "runtime/activation.ts",
    find: "const warm = known?.version === head.version ? known : undefined;",
    replace: "const warm = known;",
  },
  {
    name: "effects that could not be delivered are forgotten",
    file: "runtime/outbox.ts",
    find: "if (failures.has(lane)) rest.push(effect);",
    replace: "",
  },
  {
    name: "all of a batch is acknowledged after a failure",
    file: "runtime/messages/consumer.ts",
    find: "await this.handBack(waiting, progress.error, progress);\n        return waiting;",
    replace: "return [];",
  },
  {
    name: "of a group only the message that failed is handed back",
    file: "runtime/messages/consumer.ts",
    find: "await this.handBack(waiting, progress.error, progress);\n        return waiting;",
    replace: "await this.handBack(waiting, progress.error, progress);\n        return waiting.slice(0, 1);",
  },
  {
    name: "messages behind one that failed are run all the same",
    file: "runtime/turns/turns.ts",
    find: "if (message.sequence.isStopped) {",
    replace: "if (false) {",
  },
  {
    name: "tracked calls are not ended",
    file: "runtime/messages/consumer.ts",
    find: 'envelope.mode !== "start" || ',
    replace: 'envelope.mode === "start" || ',
  },
  {
    name: "a dead letter is not sent",
    file: "runtime/messages/bury.ts",
    find: "await queues.deadLetters.send(deadLetterFor(record, reason, queues.deadLetters.maxMessageBytes));",
    replace: "",
  },
  {
    name: "a redriven letter looks like the first message to its queue",
    file: "messages/dead-letter.ts",
    find: "deduplicationId: digest(`redriven ${messageId}`),",
    replace: "deduplicationId: message.callId,",
  },
  {
    name: "messages are known by their place in the queue",
    file: "runtime/actor-inbox.ts",
    find: "let known = this.added.get(key) ?? this.current.get(key);",
    replace:
      "const place = message?.place;\n    const newest = this.current.sequence;\n    if (place !== undefined && newest !== undefined && place <= newest) return { version: 0 };\n    let known = this.added.get(key) ?? this.current.get(key);",
  },
  {
    name: "calls are not noted in the inbox",
    file: "runtime/record.ts",
    find: "inbox: hasEntered ? inbox.inbox.text : undefined,",
    replace: "",
  },
  {
    name: "calls that have left the head are not looked up",
    file: "runtime/actor-inbox.ts",
    find: "if (!this.spilled) return false;",
    replace: "if (true) return false;",
  },
  {
    name: "a call of less than 100 ms is taken for a new one",
    file: "inbox.ts",
    find: "sentAtMs <= spilledMs) return true;",
    replace: "nowMs - sentAtMs > 100) return true;",
  },
  {
    name: "up to when calls have left the head is forgotten",
    file: "inbox.ts",
    find: "spilled: this.marks.sentMs.toString(36) }",
    replace: 'spilled: "0" }',
  },
  {
    name: "nobody is told when to look at the actor again",
    file: "runtime/extras.ts",
    find: "wakeAtMs: changeOf(after.wakeAtMs, before.wakeAtMs),",
    replace: "",
  },
  {
    name: "a destroyed actor forgets its calls",
    file: "runtime/actor-inbox.ts",
    find: "this.current = this.current.withoutCheckpoints(this.version());",
    replace: "this.current = Inbox.empty;",
  },
  {
    name: "fields that a turn which failed has changed stay",
    file: "runtime/turns/live-actor.ts",
    find: "await context.end();\n    this.instance = undefined;",
    replace: "await context.end();",
  },
  {
    name: "a destroyed actor keeps its reminders",
    file: "runtime/turns/context.ts",
    find: "if (this.destroying) this.arranged.clear();",
    replace: "",
  },
  {
    name: "a turn that is run again makes other calls",
    file: "runtime/turns/calls.ts",
    find: "? childCallOf(envelope, { ordinal, address, method, args: text })",
    replace: "? { callId: random.id(), sentAtMs: clock.now(), _: [childCallOf, ordinal] && undefined }",
  },
  {
    name: "older code writes over the state of newer code",
    file: "runtime/turns/turn.ts",
    find: "return state !== undefined && state.schema > schema;",
    replace: "return schema < 0;",
  },
  {
    name: "a state that cannot be read is taken for none",
    file: "runtime/turns/turn.ts",
    find: "if (state !== undefined) fill(actor, definition, state, context.actorId);",
    replace:
      "try {\n    if (state !== undefined) fill(actor, definition, state, context.actorId);\n  } catch {}",
  },
  {
    name: "reminders come early",
    file: "runtime/actor-reminders.ts",
    find: "if (wakeMsOf(reminder) > nowMs || this.given.includes(reminder.id)) continue;",
    replace: "if (wakeMsOf(reminder) > nowMs + 2_000 || this.given.includes(reminder.id)) continue;",
  },
  {
    name: "a reminder is not taken away by its turn",
    file: "runtime/turns/turns.ts",
    find: "record.reminders.done(reminder, clock.now());",
    replace: "",
  },
  {
    name: "a reminder that failed for good is dropped without a word",
    file: "runtime/turns/turns.ts",
    find: 'if (fate === "givenUp") {',
    replace: 'if (fate === "gone") {',
  },
  {
    name: "the sweep looks at one part of the index",
    file: "runtime/sweep.ts",
    find: "Array.from({ length: store.wakeShards }",
    replace: "Array.from({ length: 1 }",
  },
  {
    name: "readonly calls may see what is old",
    file: "runtime/readonly.ts",
    find: 'consistent: envelope.consistency === "strong"',
    replace: "consistent: false",
  },
  {
    name: "an event that comes twice is two messages",
    file: "runtime/events/listen.ts",
    find: "callId: keyedCallId(address, `event ${event.id} ${listener.method}`),",
    replace: "callId: host.random.id(), sentAtMs: (keyedCallId, host.clock.now()),",
  },
  {
    name: "chains of messages are not limited where they are sent",
    file: "runtime/turns/context.ts",
    find: "checkHops(hops, host.limits.hops, `${method.actor}/${method.id}.${method.method}`);",
    replace: "void checkHops;",
  },
  {
    name: "messages that a queue did not take are taken for sent",
    file: "aws/sqs-queue.ts",
    find: "if (accepted !== undefined) return { sequence: accepted.SequenceNumber };",
    replace: "if (failed !== undefined) return { sequence: accepted?.SequenceNumber };",
  },
  {
    name: "events that a bus did not take are taken for published",
    file: "aws/event-bridge-bus.ts",
    find: "if (result?.EventId !== undefined) return { sequence: undefined };",
    replace: "if (results !== undefined) return { sequence: undefined };",
  },
  {
    name: "items that a table did not take are taken for written",
    file: "aws/dynamo-store.ts",
    find: "const still = (unprocessed?.[name] ?? []) as readonly Write[];",
    replace: "const still = (unprocessed === undefined ? [] : []) as readonly Write[];",
  },
  {
    name: "several batches of one group are under way",
    file: "aws/send-batches.ts",
    find: "lane.underWay = true;",
    replace: "",
  },
  {
    name: "a head is committed before the pieces that it names are written",
    file: "runtime/actor-state.ts",
    find: "await this.write(added);",
    replace: "void this.write(added);",
  },
  {
    name: "pieces are named without the fence",
    file: "runtime/actor-state.ts",
    find: "pieceName(this.fence, this.written++)",
    replace: "pieceName(1, this.written++)",
  },
  {
    name: "pieces are removed while the head still names them",
    file: "runtime/actor-state.ts",
    find: "await writePieces(this.host, this.address, added, this.garbage);",
    replace:
      "await writePieces(this.host, this.address, added, added.length === 0 ? this.garbage : this.pieces.map(({ name }) => name));",
  },
  {
    name: "what is left of a state that is gone is forgotten",
    file: "runtime/actor-state.ts",
    find: "if (pieces.length === 0) return this.isMarked && !this.isLeftAlone;",
    replace: "if (pieces.length === 0) return this.isLeftAlone;",
  },
  {
    name: "a state of older code is taken as it is",
    file: "runtime/turns/turn.ts",
    find: "decodeStateInto(actor, type, state.text, { migrate, removedFields });",
    replace: "decodeStateInto(actor, type, state.text, { removedFields });",
  },
  {
    name: "a state does not say by which code it was written",
    file: "runtime/record.ts",
    find: "schema: hasNewSchema ? state.schema : undefined,",
    replace: "",
  },
  {
    name: "an actor is created again whenever it is loaded",
    file: "runtime/turns/hooks.ts",
    find: 'isNew ? (readonly ? undefined : "onCreate") : "onActivate"',
    replace: 'readonly ? undefined : "onCreate"',
  },
  {
    name: "a destroyed actor is not told",
    file: "runtime/turns/hooks.ts",
    find: 'const waiting = runHook("onDestroy");',
    replace: "const waiting = undefined as Promise<void> | undefined;",
  },
  {
    name: "a use does not put off the end of an actor",
    file: "runtime/actor-expiry.ts",
    find: "this.usedAtMs = this.clock.now();",
    replace: "this.usedAtMs ??= this.clock.now();",
  },
  {
    name: "an actor that is in use ends when somebody looks",
    file: "runtime/actor-expiry.ts",
    find: "return dueMs <= this.clock.now() ? dueMs : undefined;",
    replace: "return dueMs;",
  },
  {
    name: "nobody looks whether an actor has expired",
    file: "runtime/actor-expiry.ts",
    find: "const lookMs = standing.hasState ? this.lookMs(standing, dueMs) : undefined;",
    replace: "const lookMs = standing.hasState ? undefined : this.lookMs(standing, dueMs);",
  },
  {
    name: "what an actor did at its end is forgotten",
    file: "runtime/turns/turns.ts",
    find: "await this.live.expire(call, context);\n      record.cause(context.take());",
    replace:
      "await this.live.expire(call, context);\n      record.cause({ ...context.take(), effects: [] });",
  },
  {
    name: "what runs without a lease is committed whatever it ran on",
    file: "aws/dynamo-store.ts",
    find: "const isSame = all(atVersion(version), atFence(fence));",
    replace:
      'const isSame: Condition = { expression: "(attribute_exists(#fence) OR attribute_not_exists(#fence))", values: {} };',
  },
  {
    name: "what runs without a lease is committed whoever has it",
    file: "aws/dynamo-store.ts",
    find: "return leaseId === undefined ? isSame : all(isSame, all(WHOLE, free(nowMs)));",
    replace: "return leaseId === undefined ? isSame : all(isSame, WHOLE);",
    also: [
      {
        file: "runtime/claiming.ts",
        find: "return leaseId !== undefined && leaseUntilMs > nowMs;",
        replace: "return false;",
      },
    ],
  },
  {
    name: "a commit without a lease does not raise the fence",
    file: "aws/dynamo-store.ts",
    find: "const fence = seen.fence + 1;",
    replace: "const fence = seen.fence || 1;",
    also: [
      {
        file: "runtime/claim.ts",
        find: "return this.lease?.lease.fence ?? this.head.fence + 1;",
        replace: "return this.lease?.lease.fence ?? (this.head.fence || 1);",
      },
    ],
  },
  {
    name: "a turn that waits takes the lease of whatever is there by then",
    file: "runtime/claim.ts",
    find: "() => host.store.acquire(address, request, head));",
    replace: "() => host.store.acquire(address, request));",
    also: [
      {
        file: "runtime/claim.ts",
        find: "if (!answer.acquired) throw this.refusal(answer.current);",
        replace:
          "if (!answer.acquired) throw this.refusal(answer.current);\n    this.startVersion = head.version;\n    Object.assign(this.sighting, { head: { ...answer.head, fence: answer.head.fence - 1 } });",
      },
      {
        file: "runtime/claim.ts",
        find: "return await lease.commit(commit);",
        replace:
          "return await lease.commit({\n        ...commit,\n        onVersion: commit.onVersion + (this.startVersion === undefined ? 0 : this.head.version - this.startVersion),\n      });",
      },
    ],
  },
  {
    name: "what is in memory is used again after a refusal",
    file: "runtime/activate.ts",
    find: "kept = undefined;",
    replace: "",
  },
  {
    name: "effects of a turn that is thrown away are sent",
    file: "runtime/commits.ts",
    find: "const { host, address, claim } = this;",
    replace:
      'const { host, address, claim } = this;\n    if (this.claim.held === undefined) await (await import("./outbox")).deliverEffects(this.host, this.address, outbox);',
    also: [
      {
        file: "runtime/commits.ts",
        find: "private async refused(current: Head | undefined, { commit }: Draft)",
        replace: "private async refused(current: Head | undefined, { commit, outbox }: Draft)",
      },
    ],
  },
];
