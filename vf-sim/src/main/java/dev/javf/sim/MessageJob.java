package dev.javf.sim;

import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

/** The PF's driver works on a message, then answers. */
final class MessageJob implements Job {
    private final PfModel pf;
    private final ServiceTask service;
    private final MessageDispatcher dispatcher;
    private final IncomingMessages.Arrival arrival;
    private final VfControl vf;
    private final @Nullable Fault fault;
    private @Nullable Exchange exchange;
    private int epoch;

    MessageJob(
            final PfModel pf,
            final ServiceTask service,
            final MessageDispatcher dispatcher,
            final IncomingMessages.Arrival arrival) {
        this.pf = pf;
        this.service = service;
        this.dispatcher = dispatcher;
        this.arrival = arrival;
        vf = pf.vf(arrival.message().virtualFunction());
        fault = arrival.fault();
    }

    @Override
    public long step(final long nowNs) {
        final Exchange worked = exchange;
        if (worked != null) {
            finish(worked, nowNs);
            return DONE;
        }
        if (fault instanceof Fault.Reset(final ResetKind kind, final Fault.Point point)
                && point == Fault.Point.BEFORE_WORK) {
            pf.incoming().putBack(arrival);
            service.reset(vf, kind, nowNs);
            return DONE;
        }
        final Exchange begun = new Exchange(arrival.message(), vf, pf.settings(), nowNs, fault);
        exchange = begun;
        epoch = vf.epoch;
        final VfPhase phase = vf.phase;
        pf.observer().onRequest(nowNs, vf.index(), begun.opcode(), begun.body());
        switch (fault) {
            case Fault.Fail(final int status) -> begun.answer(status);
            case Fault.Pretend() -> begun.answer(Status.SUCCESS);
            case null, default -> dispatcher.dispatch(begun);
        }
        pf.markChanged(vf);
        if (vf.phase != phase) {
            pf.observer().onPhase(nowNs, vf.index(), vf.phase);
        }
        return nowNs + pf.delays().messageNs() + begun.rules() * pf.delays().ruleNs();
    }

    private void finish(final Exchange worked, final long nowNs) {
        vf.unansweredMessages--;
        if (fault instanceof Fault.Reset(final ResetKind kind, final Fault.Point point)) {
            final boolean isAnswered = point == Fault.Point.AFTER_ANSWER;
            service.reset(vf, kind, isAnswered ? nowNs + pf.delays().mailboxToVfNs() : nowNs);
            if (!isAnswered) {
                return;
            }
        }
        final MailboxMessage answer = worked.answer();
        if (answer != null) {
            sendAnswer(answer, nowNs);
        }
        if (worked.isLinkEventDue()) {
            final Event event = pf.linkEvent(vf, pf.settings().isLinkUp(vf));
            send(nowNs + pf.delays().mailboxToVfNs(), PfModel.eventMessage(vf, event));
        }
        final ResetKind reset = worked.reset();
        if (reset != null) {
            service.reset(vf, reset, nowNs);
        }
    }

    private void sendAnswer(final MailboxMessage answer, final long nowNs) {
        final long arrivesNs = nowNs + pf.delays().mailboxToVfNs();
        switch (fault) {
            case Fault.LoseAnswer() ->
                    pf.observer().onLost(nowNs, vf.index(), answer.opcode(), "by the fault plan");
            case Fault.DelayAnswer(final long delayNs, final boolean survivesReset) ->
                    pf.outgoing().send(arrivesNs + delayNs, answer, epoch, survivesReset);
            case Fault.DuplicateAnswer(final long gapNs) -> {
                send(arrivesNs, answer);
                send(arrivesNs + gapNs, answer);
            }
            case Fault.StaleEvent(final boolean isResetImpending, final long delayNs) -> {
                send(arrivesNs, answer);
                final Event event =
                        isResetImpending
                                ? new Event.ResetImpending()
                                : pf.linkEvent(vf, !pf.settings().isLinkUp(vf));
                pf.outgoing()
                        .send(arrivesNs + delayNs, PfModel.eventMessage(vf, event), epoch, true);
            }
            case null, default -> send(arrivesNs, answer);
        }
    }

    /** A reset since the work began stops what comes of it. */
    private void send(final long arrivesNs, final MailboxMessage message) {
        pf.outgoing().send(arrivesNs, message, epoch, false);
    }
}
