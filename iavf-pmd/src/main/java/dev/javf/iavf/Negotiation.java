package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.MaxRssQueueRegion;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.PtpCapabilities;
import dev.javf.virtchnl.RxDescriptorIds;
import dev.javf.virtchnl.RxQueueInfo;
import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VersionInfo;
import dev.javf.virtchnl.VfResources;
import dev.javf.virtchnl.VfResourcesRequest;
import dev.javf.virtchnl.VlanV2Capabilities;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;

/**
 * Asks the PF what it grants: VERSION (once; a PF remembers it across resets), GET_VF_RESOURCES,
 * then the details of the capabilities that it granted. A PF that isn't ready yet refuses with
 * ERR_PARAM; it is asked again a few times, after pauses.
 */
final class Negotiation {
    /** What the driver can make use of. */
    static final int CAPABILITIES =
            Capability.flags(
                    Capability.L2,
                    Capability.VLAN,
                    Capability.VLAN_V2,
                    Capability.WB_ON_ITR,
                    Capability.REQ_QUEUES,
                    Capability.ADV_LINK_SPEED,
                    Capability.LARGE_NUM_QPAIRS,
                    Capability.ENCAP,
                    Capability.ENCAP_CSUM,
                    Capability.RX_FLEX_DESC,
                    Capability.RSS_PF);

    private static final PtpCapabilities PTP_WANTED =
            new PtpCapabilities(Negotiated.PTP_NEEDED, 0, 0, 0, 0, 0, 0);
    private static final RxDescriptorIds NO_RX_DESCRIPTORS = new RxDescriptorIds(0);

    /** Of a lookup table whose entries have 8 bits. */
    private static final int RSS_WIDTH_MAX = 8;

    private static final int TRIES_MAX = 6;
    private static final long PAUSE_NS = 10_000_000;

    private final DriverParts parts;
    private boolean versionAgreed;
    private Step step = Step.VERSION;
    private int tries;
    private long notBeforeNs;
    private final ArrayDeque<Opcode> questions = new ArrayDeque<>();
    private int awaited;
    private @Nullable VfResources resources;
    private VlanV2Capabilities vlans = VlanV2Capabilities.NONE;
    private RxDescriptorIds rxDescriptors = NO_RX_DESCRIPTORS;
    private int rssQueues;
    private int ptp;
    private @Nullable Negotiated result;

    private enum Step {
        VERSION,
        RESOURCES,
        DETAILS,
        WAITING,
        DONE
    }

    Negotiation(final DriverParts parts) {
        this.parts = parts;
    }

    /** What was granted last, or null before the first success. */
    @Nullable Negotiated result() {
        return result;
    }

    void begin(final long nowNs) {
        step = versionAgreed ? Step.RESOURCES : Step.VERSION;
        tries = 0;
        notBeforeNs = nowNs;
        awaited = 0;
        questions.clear();
        resources = null;
        vlans = VlanV2Capabilities.NONE;
        rxDescriptors = NO_RX_DESCRIPTORS;
        rssQueues = VirtualFunctionContext.QUEUE_PAIRS_MAX;
        ptp = 0;
    }

    int doWork(final long nowNs) {
        if (nowNs - notBeforeNs < 0) {
            return 0;
        }
        return switch (step) {
            case VERSION ->
                    send(
                            Opcode.VERSION,
                            VersionInfo.VERSION_1_1,
                            (status, body, now) -> onVersion(status, body),
                            nowNs);
            case RESOURCES ->
                    send(
                            Opcode.GET_VF_RESOURCES,
                            new VfResourcesRequest(wanted()),
                            this::onResources,
                            nowNs);
            case DETAILS -> details(nowNs);
            case WAITING, DONE -> 0;
        };
    }

    private int wanted() {
        return parts.context().rxTimestamps() ? CAPABILITIES | Capability.PTP.mask() : CAPABILITIES;
    }

    private int send(
            final Opcode opcode, final Message message, final OnAnswer onAnswer, final long nowNs) {
        if (!parts.channel().send(opcode, message, handler(opcode, onAnswer), nowNs)) {
            return 0;
        }
        step = Step.WAITING;
        return 1;
    }

    private AnswerHandler handler(final Opcode opcode, final OnAnswer onAnswer) {
        return new AnswerHandler() {
            @Override
            public void onAnswer(final int status, final @Nullable Message body, final long nowNs) {
                onAnswer.onAnswer(status, body, nowNs);
            }

            @Override
            public void onTimeout(final long nowNs) {
                parts.failUnanswered(opcode);
            }
        };
    }

    private interface OnAnswer {
        void onAnswer(int status, @Nullable Message body, long nowNs);
    }

    private void onVersion(final int status, final @Nullable Message body) {
        if (status != Status.SUCCESS.code() || !(body instanceof final VersionInfo version)) {
            parts.failRefused(Opcode.VERSION, ": " + Status.nameOf(status));
        } else if (!version.equals(VersionInfo.VERSION_1_1)) {
            parts.fail("the PF speaks virtchnl " + version + ", 1.1 is needed");
        } else {
            versionAgreed = true;
            step = Step.RESOURCES;
        }
    }

    private void onResources(final int status, final @Nullable Message body, final long nowNs) {
        if (status != Status.SUCCESS.code() || !(body instanceof final VfResources granted)) {
            retryResources(status, nowNs);
            return;
        }
        final String unusable = unusable(granted);
        if (unusable != null) {
            parts.fail(unusable);
            return;
        }
        resources = granted;
        tries = 0;
        if (Capability.VLAN_V2.isIn(granted.capabilities())) {
            questions.add(Opcode.GET_OFFLOAD_VLAN_V2_CAPS);
        }
        if (Capability.RX_FLEX_DESC.isIn(granted.capabilities())) {
            questions.add(Opcode.GET_SUPPORTED_RXDIDS);
        }
        if (Capability.LARGE_NUM_QPAIRS.isIn(granted.capabilities())) {
            questions.add(Opcode.GET_MAX_RSS_QREGION);
        }
        if (Capability.PTP.isIn(granted.capabilities())) {
            questions.add(Opcode.PTP_GET_CAPS);
        }
        parts.channel().advancedSpeed(Capability.ADV_LINK_SPEED.isIn(granted.capabilities()));
        step = Step.DETAILS;
    }

    private void retryResources(final int status, final long nowNs) {
        tries++;
        if (tries >= TRIES_MAX) {
            parts.failRefused(
                    Opcode.GET_VF_RESOURCES, " " + tries + " times: " + Status.nameOf(status));
            return;
        }
        notBeforeNs = nowNs + (PAUSE_NS << (tries - 1));
        // A PF whose driver was started anew knows no version of this VF.
        step = Step.VERSION;
    }

    private @Nullable String unusable(final VfResources granted) {
        if (granted.vsis().isEmpty()
                || granted.vsis().getFirst().type() != VfResources.Vsi.TYPE_SRIOV) {
            return "the PF gives the VF no VSI of type SR-IOV";
        }
        if (granted.queuePairs() < 1) {
            return "the PF gives the VF no queues";
        }
        if (granted.maxVectors() < 2) {
            return "the PF gives the VF "
                    + granted.maxVectors()
                    + " interrupt vectors, 2 are needed: use fewer VFs on this port";
        }
        return null;
    }

    /** Asks for the details that are left, as far as the mailbox takes questions. */
    private int details(final long nowNs) {
        int sent = 0;
        while (!questions.isEmpty() && ask(questions.getFirst(), nowNs)) {
            questions.removeFirst();
            sent++;
        }
        if (questions.isEmpty() && awaited == 0) {
            finish();
            sent++;
        }
        return sent;
    }

    private boolean ask(final Opcode opcode, final long nowNs) {
        final boolean sent =
                parts.channel()
                        .send(
                                opcode,
                                opcode == Opcode.PTP_GET_CAPS ? PTP_WANTED : null,
                                handler(
                                        opcode,
                                        (status, body, now) -> onDetail(opcode, status, body, now)),
                                nowNs);
        awaited += sent ? 1 : 0;
        return sent;
    }

    /** A PF that grants a capability and then refuses its details gets it not used. */
    private void onDetail(
            final Opcode opcode, final int status, final @Nullable Message body, final long nowNs) {
        awaited--;
        if (status != Status.SUCCESS.code() && tries < TRIES_MAX) {
            tries++;
            questions.add(opcode);
            notBeforeNs = nowNs + PAUSE_NS;
        } else if (status != Status.SUCCESS.code()) {
            parts.log()
                    .distinct(
                            Level.WARNING,
                            "refused " + opcode,
                            "the PF refuses " + opcode + ": " + Status.nameOf(status),
                            nowNs);
        } else if (body instanceof final VlanV2Capabilities capabilities) {
            vlans = capabilities;
        } else if (body instanceof final RxDescriptorIds ids) {
            rxDescriptors = ids;
            checkRxDescriptorIds(ids, nowNs);
        } else if (body instanceof final PtpCapabilities capabilities) {
            ptp = capabilities.capabilities();
        } else if (body instanceof final MaxRssQueueRegion region) {
            // A PF tells the width of its table, or of what it spreads over: both as a power of 2.
            final int width = Math.min(region.width(), RSS_WIDTH_MAX);
            rssQueues = Math.min(1 << width, VirtualFunctionContext.QUEUE_PAIRS_MAX);
        }
    }

    private void checkRxDescriptorIds(final RxDescriptorIds ids, final long nowNs) {
        if (!ids.has(RxQueueInfo.DESCRIPTOR_LEGACY_32)) {
            parts.log()
                    .distinct(
                            Level.WARNING,
                            "no legacy descriptor",
                            "the PF doesn't list the legacy 32-byte Rx descriptor, which every PF"
                                    + " takes; it is used all the same",
                            nowNs);
        }
    }

    private void finish() {
        final VfResources granted = resources;
        if (granted == null) {
            throw new IllegalStateException("no resources");
        }
        step = Step.DONE;
        result =
                new Negotiated(
                        granted, granted.vsis().getFirst(), vlans, rxDescriptors, rssQueues, ptp);
        parts.lifecycle()
                .on(
                        LifecycleEvent.NEGOTIATED,
                        granted.queuePairs()
                                + " queue pairs, "
                                + granted.maxVectors()
                                + " vectors, frames of "
                                + granted.maxFrameBytes()
                                + " bytes, "
                                + Capability.names(granted.capabilities()));
    }
}
