package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.IrqMap;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.QueueSelect;
import dev.javf.virtchnl.RxQueueInfo;
import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.TxQueueInfo;
import dev.javf.virtchnl.VsiQueueConfig;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Starts and stops the queues, in the order that keeps memory safe. Start: the owner posts every Rx
 * buffer, then the PF is told of rings and vectors, then one ENABLE_QUEUES. Stop: the owner gives
 * the queues back, then DISABLE_QUEUES. Any refusal or silence is a failure, because only a reset
 * makes sure again what the device does with the rings.
 */
final class QueueProgram {
    private static final int ITR_INDEX = 0;

    private final DriverParts parts;
    private Step step = Step.IDLE;
    private QueueShape shape = new QueueShape(0, 0, false);
    private int toConfirm;

    private enum Step {
        IDLE,
        PREPARING,
        SEND_CONFIG,
        SEND_IRQ_MAP,
        CONFIGURING,
        SEND_ENABLE,
        REVOKING,
        SEND_DISABLE,
        WAITING
    }

    QueueProgram(final DriverParts parts) {
        this.parts = parts;
    }

    /** Begins to start the queues, in this shape; their number is that already. */
    void beginStart(final QueueShape newShape) {
        step = Step.PREPARING;
        shape = newShape;
        final QueueSet queues = parts.handOver().queues();
        if (queues != null) {
            queues.shape(newShape);
        }
        parts.handOver().prepare();
    }

    /** What the queues were started for last. */
    QueueShape shape() {
        return shape;
    }

    /** Begins to stop the queues. */
    void beginStop() {
        step = Step.REVOKING;
        parts.handOver().takeBack();
    }

    int doWork(final Negotiated negotiated, final QueueSet queues, final long nowNs) {
        final int vsiId = negotiated.vsi().vsiId();
        return switch (step) {
            case PREPARING -> goOn(parts.handOver().isWithOwner(), Step.SEND_CONFIG);
            case SEND_CONFIG -> {
                toConfirm = 2;
                yield send(
                        Opcode.CONFIG_VSI_QUEUES,
                        queueConfig(negotiated, queues),
                        Step.SEND_IRQ_MAP,
                        nowNs);
            }
            case SEND_IRQ_MAP ->
                    send(
                            Opcode.CONFIG_IRQ_MAP,
                            irqMap(negotiated, queues.pairs()),
                            Step.CONFIGURING,
                            nowNs);
            case CONFIGURING -> {
                if (toConfirm == 0) {
                    programVectors(negotiated, queues);
                }
                yield goOn(toConfirm == 0, Step.SEND_ENABLE);
            }
            case SEND_ENABLE ->
                    send(Opcode.ENABLE_QUEUES, allQueues(vsiId, queues), Step.WAITING, nowNs);
            case REVOKING -> goOn(parts.handOver().isWithConductor(), Step.SEND_DISABLE);
            case SEND_DISABLE ->
                    send(Opcode.DISABLE_QUEUES, allQueues(vsiId, queues), Step.WAITING, nowNs);
            case IDLE, WAITING -> 0;
        };
    }

    private int goOn(final boolean condition, final Step next) {
        if (condition) {
            step = next;
        }
        return condition ? 1 : 0;
    }

    private int send(
            final Opcode opcode, final Message message, final Step next, final long nowNs) {
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        if (status == Status.SUCCESS.code()) {
                            onDone(opcode);
                        } else {
                            parts.failRefused(opcode, ": " + explain(opcode, status));
                        }
                    }

                    @Override
                    public void onTimeout(final long now) {
                        parts.failUnanswered(opcode);
                    }
                };
        if (!parts.channel().send(opcode, message, handler, nowNs)) {
            return 0;
        }
        step = next;
        return 1;
    }

    private void onDone(final Opcode opcode) {
        if (opcode == Opcode.ENABLE_QUEUES) {
            step = Step.IDLE;
            parts.lifecycle().on(LifecycleEvent.STARTED, "queues enabled");
        } else if (opcode == Opcode.DISABLE_QUEUES) {
            step = Step.IDLE;
            parts.lifecycle().on(LifecycleEvent.STOPPED, "queues disabled");
        } else {
            toConfirm--;
        }
    }

    private String explain(final Opcode opcode, final int status) {
        final String name = Status.nameOf(status);
        if (opcode != Opcode.CONFIG_VSI_QUEUES) {
            return name;
        }
        final VirtualFunctionContext context = parts.context();
        return name
                + " (rings of "
                + context.rxRingLength()
                + " and "
                + context.txRingLength()
                + " descriptors, buffers of "
                + context.packetPool().dataCapacityBytes()
                + " bytes, frames of "
                + shape.frameBytes()
                + " bytes)";
    }

    private VsiQueueConfig queueConfig(final Negotiated negotiated, final QueueSet queues) {
        final int vsiId = negotiated.vsi().vsiId();
        final int descriptorId =
                shape.flexible()
                        ? RxQueueInfo.DESCRIPTOR_FLEX_NIC
                        : RxQueueInfo.DESCRIPTOR_LEGACY_32;
        final List<VsiQueueConfig.QueuePair> pairs = new ArrayList<>();
        for (int i = 0; i < queues.pairs(); i++) {
            final TxQueue tx = queues.tx(i);
            final RxQueue rx = queues.rx(i);
            pairs.add(
                    new VsiQueueConfig.QueuePair(
                            new TxQueueInfo(vsiId, i, tx.ringLength(), tx.ringIova()),
                            new RxQueueInfo(
                                    vsiId,
                                    i,
                                    rx.ringLength(),
                                    rx.bufferBytes(),
                                    shape.pfFrameBytes(),
                                    descriptorId,
                                    rx.ringIova())));
        }
        return new VsiQueueConfig(vsiId, pairs);
    }

    /** Vector 0 is the mailbox's and takes no queues; the others take them in turn. */
    private static IrqMap irqMap(final Negotiated negotiated, final int pairs) {
        final int vectors = queueVectors(negotiated, pairs);
        final List<IrqMap.VectorMap> maps = new ArrayList<>();
        for (int vector = 0; vector < vectors; vector++) {
            int queues = 0;
            for (int queue = vector; queue < pairs; queue += vectors) {
                queues |= 1 << queue;
            }
            maps.add(
                    new IrqMap.VectorMap(
                            negotiated.vsi().vsiId(),
                            vector + 1,
                            queues,
                            queues,
                            ITR_INDEX,
                            ITR_INDEX));
        }
        return new IrqMap(maps);
    }

    private static int queueVectors(final Negotiated negotiated, final int pairs) {
        return Math.min(pairs, negotiated.resources().maxVectors() - 1);
    }

    /**
     * Makes the device write descriptors back every 2 microseconds at the latest. Without that it
     * waits until a cache line is full, or writes partial ones at its leisure.
     */
    private void programVectors(final Negotiated negotiated, final QueueSet queues) {
        final int interval =
                1 << Registers.DYN_CTL_INTERVAL_SHIFT
                        | ITR_INDEX << Registers.DYN_CTL_ITR_INDX_SHIFT;
        final int control =
                negotiated.has(Capability.WB_ON_ITR)
                        ? interval | Registers.DYN_CTLN_WB_ON_ITR
                        : interval;
        final int vectors = queueVectors(negotiated, queues.pairs());
        for (int vector = 0; vector < vectors; vector++) {
            parts.registers().write(Registers.VFINT_DYN_CTLN1 + 4 * vector, control);
        }
        if (parts.context().queueOwner().wantsInterrupts()) {
            final int none = Registers.DYN_CTL_ITR_INDX_NONE << Registers.DYN_CTL_ITR_INDX_SHIFT;
            queues.connectVectors(
                    vectors,
                    Registers.DYN_CTL_INTENA | none | (control & Registers.DYN_CTLN_WB_ON_ITR));
        }
    }

    private static QueueSelect allQueues(final int vsiId, final QueueSet queues) {
        final int all = (1 << queues.pairs()) - 1;
        return new QueueSelect(vsiId, all, all);
    }
}
