package dev.javf.daemon;

import dev.javf.iavf.QueueOwner;
import dev.javf.iavf.QueueSet;
import dev.javf.packet.Counters;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Hands a virtual function's queues to its poller and takes them back, by commands in both
 * directions. All methods are for the conductor's thread.
 */
final class PollerQueueOwner implements QueueOwner {
    private final Conductor conductor;
    private final Poller poller;
    private final Attachment attachment;
    private final Executor closer;
    private List<PortBinding> ports = List.of();

    /**
     * A function without ports.
     *
     * @param conductor that asks.
     * @param poller that polls.
     * @param closer runs what may block.
     * @param counters of the function.
     */
    PollerQueueOwner(
            final Conductor conductor,
            final Poller poller,
            final Executor closer,
            final Counters counters) {
        this.conductor = conductor;
        this.poller = poller;
        this.closer = closer;
        attachment = new Attachment(poller.pool(), counters);
        poller.execute(() -> poller.add(attachment));
    }

    @Override
    public void prepare(final QueueSet queues, final Runnable done) {
        execute(() -> attachment.start(queues), done);
    }

    @Override
    public boolean wantsInterrupts() {
        return poller.sleeps();
    }

    /** Is polled no longer: it has neither queues nor ports. */
    void leave() {
        poller.execute(() -> poller.remove(attachment));
    }

    /** The PF has enabled the queues that were prepared last. */
    void up() {
        poller.execute(attachment::up);
    }

    @Override
    public void revoke(final QueueSet queues, final Runnable done) {
        execute(attachment::stop, done);
    }

    @Override
    public void reclaim(final QueueSet queues, final Runnable done) {
        execute(() -> attachment.reclaim(queues), done);
    }

    /**
     * Serves these ports from now on, and no others.
     *
     * @param bindings the ports, which must be of the poller's pool.
     * @param done run on the conductor's thread when the poller has them, and the earlier ones are
     *     closed.
     * @throws IllegalArgumentException when two of them share a VLAN and an address.
     */
    void ports(final List<PortBinding> bindings, final Runnable done) {
        final Forwarder forwarder = attachment.forwarderOf(bindings);
        final List<PortBinding> earlier = new ArrayList<>(ports);
        earlier.removeAll(bindings);
        ports = bindings;
        execute(
                () -> {
                    attachment.forwarder(forwarder);
                    earlier.forEach(binding -> binding.port().releaseBuffers());
                },
                () ->
                        closer.execute(() -> {
                            earlier.forEach(binding -> binding.port().close());
                            conductor.execute(done);
                        }));
    }

    private void execute(final Runnable command, final Runnable done) {
        poller.execute(() -> {
            command.run();
            conductor.execute(done);
        });
    }
}
