/**
 * The order in which messages are handed to their queue: those of one group in the order in which they are posted, whatever each
 * of them has to wait for before. When one fails that its sender may post again, those that are not handed over yet fail with
 * it; what is handed over already, the queue's adapter keeps in order.
 */
import { asDurableError } from "../wire-error";

/** A message that is not queued yet. */
interface Post {
  /** One before it was not queued, and will be posted again: it must not overtake that one. */
  failure?: unknown;
}

interface Lane {
  /** In the order in which they were posted. */
  readonly posts: Set<Post>;
  /** Settles when all of them are on their way to the queue. There while one has to wait. */
  turn: Promise<unknown> | undefined;
}

export class PostOrder {
  /** By group, while some of its messages are not queued yet. */
  private readonly lanes = new Map<string, Lane>();

  /**
   * Sends a message when it is ready; at once when there is nothing to wait for.
   * @param groupId undefined for a message that has no place in an order
   * @param ready true for a message that need not be sent any more
   */
  async inTurn(
    groupId: string | undefined,
    ready: Promise<boolean> | undefined,
    send: () => Promise<void>,
  ): Promise<void> {
    if (groupId === undefined) return (await ready) ? undefined : send();
    const lane = this.lanes.get(groupId) ?? { posts: new Set(), turn: undefined };
    this.lanes.set(groupId, lane);
    const post: Post = {};
    lane.posts.add(post);
    try {
      await sendBehind(lane, post, ready, send);
    } finally {
      lane.posts.delete(post);
      if (lane.posts.size === 0) this.lanes.delete(groupId);
    }
  }
}

async function sendBehind(
  lane: Lane,
  post: Post,
  ready: Promise<boolean> | undefined,
  send: () => Promise<void>,
): Promise<void> {
  const noted = <T>(work: Promise<T>): Promise<T> => {
    // Before anybody else hears of the failure, and goes on.
    work.catch((thrown: unknown) => failBehind(lane, post, thrown));
    return work;
  };
  const { turn: before } = lane;
  if (ready === undefined && before === undefined) return noted(send());
  const sent = noted(
    Promise.all([ready, before]).then(([isOver]) => {
      if (post.failure !== undefined) throw post.failure;
      // Boxed: the next one's turn comes when this one is sent, not when it is taken.
      return { done: isOver ? undefined : noted(send()) };
    }),
  );
  const turn = Promise.allSettled([sent, before]);
  lane.turn = turn;
  void turn.then(() => {
    if (lane.turn === turn) lane.turn = undefined;
  });
  await (await sent).done;
}

function failBehind({ posts }: Lane, failed: Post, thrown: unknown): void {
  if (!asDurableError(thrown).retryable) return;
  let isBehind = false;
  for (const post of posts) {
    if (isBehind) post.failure ??= thrown;
    isBehind ||= post === failed;
  }
}
