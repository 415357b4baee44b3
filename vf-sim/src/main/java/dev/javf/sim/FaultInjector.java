package dev.javf.sim;

import dev.javf.virtchnl.Event;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Makes a PF do at once what it should not do at all. Any thread may ask; it is done at the
 * beginning of the next duty cycle. For what depends on a message or a reset there is the {@link
 * FaultPlan}.
 */
public final class FaultInjector {
    private final PfModel pf;
    private final HostAdministrator.Requests requests;

    FaultInjector(final PfModel pf, final HostAdministrator.Requests requests) {
        this.pf = pf;
        this.requests = requests;
    }

    /**
     * Sends an event out of nothing.
     *
     * @param virtualFunction to whom.
     * @param event what.
     */
    public void event(final int virtualFunction, final Event event) {
        requests.submit(nowNs -> pf.sendEvent(pf.vf(virtualFunction), event, nowNs));
    }

    /**
     * Sends any message, such as an answer that nobody has asked for.
     *
     * @param virtualFunction to whom.
     * @param opcode any number.
     * @param status any number.
     * @param body at most 4096 bytes; copied.
     */
    public void message(
            final int virtualFunction,
            final int opcode,
            final int status,
            final MemorySegment body) {
        final MemorySegment copy =
                MemorySegment.ofArray(body.toArray(ValueLayout.JAVA_BYTE)).asReadOnly();
        requests.submit(nowNs ->
                pf.send(
                        pf.vf(virtualFunction),
                        new MailboxMessage(virtualFunction, opcode, status, copy),
                        nowNs));
    }

    /**
     * Takes a VLAN filter away behind the VF's back.
     *
     * @param virtualFunction whose.
     * @param vlan which.
     */
    public void deleteVlan(final int virtualFunction, final VlanKey vlan) {
        requests.submit(nowNs -> {
            final VfControl vf = pf.vf(virtualFunction);
            if (vf.vlans.remove(vlan)) {
                vf.vlans.count(-1);
                vf.rules.apply(vf, pf.settings());
                pf.markChanged(vf);
            }
        });
    }
}
