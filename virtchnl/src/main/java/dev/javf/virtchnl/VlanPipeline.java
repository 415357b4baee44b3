package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanBatch.Kind;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;

/**
 * The batches in flight. Answers carry nothing that tells to which request they belong; but a PF
 * handles the messages of a VF one after the other, so the answers to one operation come in the
 * order of the requests, and an answer to a later request of any operation proves that no earlier
 * one will come.
 *
 * <p>When an answer is lost, those behind it are taken for their predecessors', and the last
 * request runs into its deadline. By then every answer since the pipeline was last empty is
 * doubtful. Nothing more is sent until a fence has been answered.
 */
final class VlanPipeline {
    private final ArrayDeque<VlanBatch> adds;
    private final ArrayDeque<VlanBatch> deletes;
    private long nextToken;

    /** The first token since the pipeline of a kind was last empty. */
    private long addsBusySince;

    private long deletesBusySince;

    /** The first token since a fence or a reset proved all answers right. */
    private long cleanSince;

    /** Whether answers of a kind may still come that belong to nothing any more. */
    private boolean addsDoubtful;

    private boolean deletesDoubtful;
    private @Nullable VlanBatch fence;
    private boolean fenceNeeded;
    private boolean fenceOverdue;
    private boolean exhausted;
    private int doubtsInARow;

    VlanPipeline() {
        adds = new ArrayDeque<>();
        deletes = new ArrayDeque<>();
        nextToken = 1;
        cleanSince = 1;
    }

    private VlanPipeline(final VlanPipeline other) {
        adds = new ArrayDeque<>(other.adds);
        deletes = new ArrayDeque<>(other.deletes);
        nextToken = other.nextToken;
        addsBusySince = other.addsBusySince;
        deletesBusySince = other.deletesBusySince;
        cleanSince = other.cleanSince;
        addsDoubtful = other.addsDoubtful;
        deletesDoubtful = other.deletesDoubtful;
        fence = other.fence;
        fenceNeeded = other.fenceNeeded;
        fenceOverdue = other.fenceOverdue;
        exhausted = other.exhausted;
        doubtsInARow = other.doubtsInARow;
    }

    VlanPipeline copy() {
        return new VlanPipeline(this);
    }

    /** The batches of a kind, oldest first. Read-only. */
    ArrayDeque<VlanBatch> queue(final Kind kind) {
        return kind == Kind.ADD ? adds : deletes;
    }

    @Nullable VlanBatch fence() {
        return fence;
    }

    long nextToken() {
        return nextToken;
    }

    int inFlight() {
        return adds.size() + deletes.size() + (fence == null ? 0 : 1);
    }

    boolean isFenceNeeded() {
        return fenceNeeded && !exhausted;
    }

    /** Whether nothing but a fence may be sent. */
    boolean isHeld() {
        return fenceNeeded || fence != null || exhausted;
    }

    /** Whether answers of a kind may still come that belong to nothing any more. */
    boolean isDoubtful(final Kind kind) {
        return kind == Kind.ADD ? addsDoubtful : deletesDoubtful;
    }

    /** Whether only a reset helps. */
    boolean isStuck() {
        return fenceOverdue || exhausted;
    }

    boolean isFenceOverdue() {
        return fenceOverdue;
    }

    boolean isExhausted() {
        return exhausted;
    }

    int doubtsInARow() {
        return doubtsInARow;
    }

    /** The first token of the answers that a lost one makes doubtful. */
    long busySince(final Kind kind) {
        return kind == Kind.ADD ? addsBusySince : deletesBusySince;
    }

    /** The first token of the answers that an extra one makes doubtful. */
    long cleanSince() {
        return cleanSince;
    }

    void sent(final VlanBatch batch) {
        nextToken = batch.token() + 1;
        switch (batch.kind()) {
            case FENCE -> {
                fence = batch;
                fenceNeeded = false;
            }
            case ADD -> {
                if (adds.isEmpty()) {
                    addsBusySince = batch.token();
                }
                adds.add(batch);
            }
            case DELETE -> {
                if (deletes.isEmpty()) {
                    deletesBusySince = batch.token();
                }
                deletes.add(batch);
            }
        }
    }

    /** The batch in flight with a token. */
    @Nullable VlanBatch find(final long token) {
        if (fence != null && fence.token() == token) {
            return fence;
        }
        for (final VlanBatch batch : adds) {
            if (batch.token() == token) {
                return batch;
            }
        }
        for (final VlanBatch batch : deletes) {
            if (batch.token() == token) {
                return batch;
            }
        }
        return null;
    }

    /** From now on nothing but a fence is sent, until its answer; too often, and not even that. */
    void doubt(final Kind kind, final int maxDoubts) {
        alsoDoubtful(kind);
        doubtsInARow++;
        if (doubtsInARow > maxDoubts) {
            exhausted = true;
        }
        fenceNeeded = fence == null;
    }

    void alsoDoubtful(final Kind kind) {
        addsDoubtful |= kind == Kind.ADD;
        deletesDoubtful |= kind == Kind.DELETE;
    }

    void fenceTimedOut() {
        fenceOverdue = true;
    }

    /** All messages sent are answered, or will never be. */
    void fenceAnswered() {
        addsDoubtful = false;
        deletesDoubtful = false;
        fence = null;
        fenceOverdue = false;
        cleanSince = nextToken;
    }

    /** Everything is as it should be: the doubts of the past count no more. */
    void calm() {
        doubtsInARow = 0;
    }

    /** The mailbox began anew. */
    void restart() {
        adds.clear();
        deletes.clear();
        addsDoubtful = false;
        deletesDoubtful = false;
        fence = null;
        fenceNeeded = false;
        fenceOverdue = false;
        exhausted = false;
        doubtsInARow = 0;
        cleanSince = nextToken;
    }
}
