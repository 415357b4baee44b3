package dev.javf.daemon.service;

import dev.javf.daemon.FunctionClient;
import dev.javf.iavf.Difference;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.Negotiated;
import dev.javf.iavf.QueueSet;
import dev.javf.iavf.VirtualFunction;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * A virtual function at one moment. Immutable.
 *
 * @param takenNs when, by the daemon's clock.
 * @param state of its life.
 * @param failure why it was reset last; empty if it never was.
 * @param isLinkUp whether frames can pass.
 * @param speedMbps megabits per second; 0 is unknown.
 * @param mac its own address; null before the first negotiation.
 * @param macs how many addresses the PF has confirmed.
 * @param isSettled whether the PF holds all that is asked for, differences apart.
 * @param wanted VLANs that are wanted.
 * @param acknowledged VLANs that the PF has confirmed.
 * @param seen VLANs of which a frame has come.
 * @param rejections VLANs that aren't as they should be.
 * @param differences what the PF holds otherwise than it is asked for.
 * @param negotiated what the PF grants; null before the first negotiation.
 * @param queuePairs that are in use.
 * @param queues what each of them is like.
 */
record FunctionSnapshot(
        long takenNs,
        LifecycleState state,
        String failure,
        boolean isLinkUp,
        int speedMbps,
        @Nullable MacAddress mac,
        int macs,
        boolean isSettled,
        VlanSet wanted,
        VlanSet acknowledged,
        VlanSet seen,
        List<VlanRejection> rejections,
        List<Difference> differences,
        @Nullable Negotiated negotiated,
        int queuePairs,
        List<Queue> queues) {
    /**
     * A queue pair.
     *
     * @param poller the number of the one that polls it.
     * @param rx what a packet goes through that is received, and why.
     * @param tx what one goes through that is sent, and why.
     */
    record Queue(int poller, String rx, String tx) {}

    /** Before the conductor has answered for the first time. */
    static final FunctionSnapshot UNKNOWN =
            new FunctionSnapshot(
                    0,
                    LifecycleState.CLOSED,
                    "",
                    false,
                    0,
                    null,
                    0,
                    false,
                    VlanSet.EMPTY,
                    VlanSet.EMPTY,
                    VlanSet.EMPTY,
                    List.of(),
                    List.of(),
                    null,
                    0,
                    List.of());

    /** Takes one. On the conductor's thread. */
    static FunctionSnapshot of(
            final VirtualFunction function, final FunctionClient client, final long nowNs) {
        final QueueSet queues = function.queues();
        return new FunctionSnapshot(
                nowNs,
                function.state(),
                function.failure(),
                function.isLinkUp(),
                function.linkSpeedMbps(),
                function.macAddress(),
                function.acknowledgedMacs().size(),
                function.isSettled(),
                function.vlans().wanted(Ethernet.TPID_8021Q),
                function.vlans().acknowledged(Ethernet.TPID_8021Q),
                function.vlans().seen(Ethernet.TPID_8021Q),
                function.vlans().rejections(),
                function.differences(),
                function.negotiated(),
                queues == null ? 0 : queues.pairs(),
                queues == null ? List.of() : queues(queues, client));
    }

    private static List<Queue> queues(final QueueSet queues, final FunctionClient client) {
        final List<Queue> all = new ArrayList<>();
        for (int i = 0; i < queues.pairs(); i++) {
            all.add(new Queue(client.pollerOf(i), queues.rx(i).path(), queues.tx(i).path()));
        }
        return List.copyOf(all);
    }

    /** Whether packets flow, and the PF holds everything. */
    boolean isUp() {
        return state == LifecycleState.UP;
    }

    /** How many VLANs the PF lets it have; 0 is unknown or none. */
    int vlanLimit() {
        return negotiated == null ? 0 : negotiated.vlans().filtering().maxFilters();
    }
}
