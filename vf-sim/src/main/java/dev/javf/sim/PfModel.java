package dev.javf.sim;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;

import java.util.BitSet;
import java.util.List;

/**
 * What the parts of a PF's driver share: its VFs, its settings, the mailbox. For the model's
 * thread.
 */
final class PfModel {
    private final PfSettings settings;
    private final List<VfControl> vfs;
    private final EthernetSwitch ethernetSwitch;
    private final IncomingMessages incoming = new IncomingMessages();
    private final OutgoingMessages outgoing = new OutgoingMessages();
    private final BitSet changed = new BitSet();

    PfModel(
            final PfSettings settings,
            final List<VfControl> vfs,
            final EthernetSwitch ethernetSwitch) {
        this.settings = settings;
        this.vfs = vfs;
        this.ethernetSwitch = ethernetSwitch;
    }

    PfSettings settings() {
        return settings;
    }

    SimulatedDelays delays() {
        return settings.context().delays();
    }

    FaultPlan faults() {
        return settings.context().faultPlan();
    }

    SimulationObserver observer() {
        return settings.context().observer();
    }

    List<VfControl> vfs() {
        return vfs;
    }

    VfControl vf(final int index) {
        return vfs.get(index);
    }

    IncomingMessages incoming() {
        return incoming;
    }

    OutgoingMessages outgoing() {
        return outgoing;
    }

    /** VFs whose snapshot is to be renewed. */
    BitSet changed() {
        return changed;
    }

    void markChanged(final VfControl vf) {
        changed.set(vf.index());
    }

    void enterPhase(final VfControl vf, final VfPhase phase, final long nowNs) {
        markChanged(vf);
        if (vf.phase != phase) {
            vf.phase = phase;
            observer().onPhase(nowNs, vf.index(), phase);
        }
    }

    /** Sends a VF a message; it arrives after the mailbox's delay. */
    void send(final VfControl vf, final MailboxMessage message, final long nowNs) {
        outgoing.send(nowNs + delays().mailboxToVfNs(), message, vf.epoch, false);
    }

    void sendEvent(final VfControl vf, final Event event, final long nowNs) {
        send(vf, eventMessage(vf, event), nowNs);
    }

    static MailboxMessage eventMessage(final VfControl vf, final Event event) {
        return Exchange.message(vf.index(), Opcode.EVENT.code(), Status.SUCCESS.code(), event);
    }

    /** The LINK_CHANGE event that tells a VF of its link as it is, or as {@code isUp} claims. */
    Event linkEvent(final VfControl vf, final boolean isUp) {
        return new Event.LinkChange(
                isUp,
                isUp ? settings.context().linkSpeedMbps() : 0,
                Capability.ADV_LINK_SPEED.isIn(vf.capabilities));
    }

    /** The port's link changes; all VFs are told of theirs. */
    void portLink(final boolean isUp, final long nowNs) {
        settings.linkUp(isUp);
        ethernetSwitch.wire().linkUp(isUp);
        for (final VfControl vf : vfs) {
            tellLink(vf, nowNs);
            markChanged(vf);
        }
    }

    void tellLink(final VfControl vf, final long nowNs) {
        sendEvent(vf, linkEvent(vf, settings.isLinkUp(vf)), nowNs);
    }

    /** Puts a message that has arrived into the VF's receive queue, or loses it. */
    void deliver(final OutgoingMessages.Delivery delivery) {
        final MailboxMessage message = delivery.message();
        final VfControl vf = vf(message.virtualFunction());
        final long timeNs = delivery.timeNs();
        if (delivery.epoch() != vf.epoch && !delivery.survivesReset()) {
            observer().onLost(timeNs, vf.index(), message.opcode(), "the VF was reset in between");
        } else if (vf.mailbox.deliver(message, timeNs)) {
            observer()
                    .onAnswer(
                            timeNs, vf.index(), message.opcode(), message.status(), message.body());
        } else {
            observer()
                    .onLost(
                            timeNs,
                            vf.index(),
                            message.opcode(),
                            "the VF's receive queue is off, full or not mapped");
        }
    }
}
