package dev.javf.daemon.suite;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.virtchnl.VlanSet;

import org.agrona.concurrent.NanoClock;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Numbered frames in many VLANs, from each of two virtual functions to the other, all the time.
 * Frames may be lost between {@link #outageBegins} and {@link #outageEnds} only; none may come
 * twice, out of order, changed, or in another VLAN. Any thread may call.
 */
public final class Traffic {
    private static final int FAULTS_KEPT = 8;

    /** What the sender's ring and the receiver's ring hold together, by default. */
    private static final long RINGS_FRAMES = 2 * 512;

    private final List<Flow> flows = new ArrayList<>();
    private final List<Turns> turns = new ArrayList<>();
    private final List<List<PortBinding>> ports = List.of(new ArrayList<>(), new ArrayList<>());
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();

    /**
     * Ports that send as soon as they are polled.
     *
     * @param pool for frames.
     * @param clock for the pace: 64,000 frames a second from each side at most.
     * @param vlans where; not empty.
     * @param macs of the two functions.
     */
    public Traffic(
            final PacketPool pool,
            final NanoClock clock,
            final VlanSet vlans,
            final List<MacAddress> macs) {
        for (int side = 0; side < ports.size(); side++) {
            turns.add(new Turns(clock, vlans.size()));
        }
        final List<PortCounters> counters = List.of(new PortCounters(), new PortCounters());
        for (final int vlan : vlans.stream().toArray()) {
            final Flow[] pair = {new Flow(0, vlan, this::fault), new Flow(1, vlan, this::fault)};
            flows.addAll(List.of(pair));
            for (int side = 0; side < pair.length; side++) {
                final MacAddress mac = macs.get(side);
                final List<PortBinding> own = ports.get(side);
                final FlowPort port =
                        new FlowPort(
                                pair[side],
                                pair[1 - side],
                                mac,
                                macs.get(1 - side),
                                turns.get(side),
                                own.size(),
                                pool,
                                this::fault);
                own.add(new PortBinding(port, vlan, mac, counters.get(side)));
            }
        }
    }

    /**
     * The ports of a side, in the order in which they have to be polled.
     *
     * @param side 0 or 1.
     */
    public List<PortBinding> ports(final int side) {
        return ports.get(side);
    }

    private void fault(final String what) {
        if (faults.size() < FAULTS_KEPT) {
            faults.add(what);
        }
    }

    /** Something is about to happen to the functions in which frames may be lost. */
    public void outageBegins() {
        for (int side = 0; side < ports.size(); side++) {
            final int sender = side;
            final long underWay = sum(flow -> flow.side() == sender, Flow::underWay);
            if (underWay > RINGS_FRAMES && sum(flow -> true, Flow::lost) == 0) {
                fault(underWay + " frames from VF" + (side + 1) + " are missing before any outage");
            }
        }
        flows.forEach(Flow::outageBegins);
    }

    /** The functions are up again and have their VLANs. */
    public void outageEnds() {
        flows.forEach(Flow::outageEnds);
    }

    /** Whether in every VLAN and direction a frame has arrived that was sent after the outage. */
    public boolean isServed() {
        return flows.stream().allMatch(Flow::isServed);
    }

    /** Sends no more. */
    public void stop() {
        turns.forEach(Turns::stop);
    }

    /** Whether all that has been sent after the outage has arrived. */
    public boolean isQuiet() {
        return flows.stream().allMatch(flow -> flow.underWay() == 0);
    }

    /** What must not have been, or is missing; empty if all is well. */
    public String trouble() {
        if (!faults.isEmpty()) {
            return faults.peek() + (faults.size() > 1 ? ", and more" : "");
        }
        final List<Flow> silent = flows.stream().filter(flow -> !flow.isServed()).toList();
        if (!silent.isEmpty()) {
            return "no frame arrives in " + silent.size() + " flows; " + silent.getFirst();
        }
        return isQuiet() ? "" : "frames are missing at the end";
    }

    /** How much there was of it. */
    public String summary() {
        return flows.size()
                + " flows, "
                + sum(flow -> true, Flow::sent)
                + " frames, "
                + sum(flow -> true, Flow::lost)
                + " lost in the outage";
    }

    private long sum(final Predicate<Flow> which, final ToLongFunction<Flow> number) {
        return flows.stream().filter(which).mapToLong(number).sum();
    }
}
