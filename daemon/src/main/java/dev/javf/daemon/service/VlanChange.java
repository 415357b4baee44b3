package dev.javf.daemon.service;

import dev.javf.iavf.VirtualFunction;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A client's request for VLANs, or for none of them any more. It is made in parts, so that all 4094
 * don't keep the conductor from other functions. For the conductor's thread.
 */
final class VlanChange {
    /** The most VLANs of a part. */
    static final int PART_VLANS = 128;

    private final boolean isAdd;
    private final Supplier<VlanSet> begin;
    private final CompletableFuture<List<VlanRejection>> answered;
    private final Runnable onPfDone;
    private final List<VlanRejection> rejections = new ArrayList<>();

    /** What is still to be asked for; null before the first part. */
    private @Nullable VlanSet rest;

    private int unanswered;

    /**
     * A request.
     *
     * @param isAdd whether the VLANs are wanted.
     * @param begin says, when it is its turn, which VLANs it is about.
     * @param answered completes when the PF has answered for each.
     * @param onPfDone run just before that, if the PF was asked at all.
     */
    VlanChange(
            final boolean isAdd,
            final Supplier<VlanSet> begin,
            final CompletableFuture<List<VlanRejection>> answered,
            final Runnable onPfDone) {
        this.isAdd = isAdd;
        this.begin = begin;
        this.answered = answered;
        this.onPfDone = onPfDone;
    }

    /**
     * Makes the next part of the request.
     *
     * @param function that is asked.
     * @return whether there is more.
     */
    boolean next(final VirtualFunction function) {
        final VlanSet before = rest == null ? begin.get() : rest;
        if (before.isEmpty()) {
            answered.complete(List.of());
            return false;
        }
        final VlanSet part = before.first(PART_VLANS);
        final VlanSet after = before.minus(part);
        rest = after;
        unanswered++;
        if (isAdd) {
            function.addVlans(part, this::onAnswer);
        } else {
            function.removeVlans(part, this::onAnswer);
        }
        return !after.isEmpty();
    }

    private void onAnswer(final VlanRequestResult result) {
        unanswered--;
        result.rejections().forEach(this::add);
        if (unanswered == 0 && rest != null && rest.isEmpty()) {
            onPfDone.run();
            answered.complete(List.copyOf(rejections));
        }
    }

    /** What is rejected for the same reason is one rejection, as if there had been one request. */
    private void add(final VlanRejection next) {
        for (int i = 0; i < rejections.size(); i++) {
            final VlanRejection one = rejections.get(i);
            if (one.tpid() == next.tpid()
                    && one.reason() == next.reason()
                    && one.status() == next.status()
                    && one.remedy().equals(next.remedy())) {
                rejections.set(
                        i,
                        new VlanRejection(
                                one.tpid(),
                                one.vlans().plus(next.vlans()),
                                one.reason(),
                                one.status(),
                                one.remedy()));
                return;
            }
        }
        rejections.add(next);
    }
}
