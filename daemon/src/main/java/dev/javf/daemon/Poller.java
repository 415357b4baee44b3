package dev.javf.daemon;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * Moves packets between virtual functions and ports. It owns a packet pool, the queues and ports
 * given to it, and shares nothing with other pollers; the conductor reaches it through a command
 * queue only.
 */
final class Poller implements Agent {
    private static final System.Logger LOGGER = System.getLogger(Poller.class.getName());
    private static final int COMMANDS = 1024;

    private final OneToOneConcurrentArrayQueue<Runnable> commands =
            new OneToOneConcurrentArrayQueue<>(COMMANDS);
    private final PacketPool pool;
    private final String name;
    private final Counters counters;
    private final Counter poolFree;
    private Attachment[] attachments = {};
    private @Nullable InterruptWait waiting;
    private boolean hasSlept;
    private Runnable warmUp = () -> {};

    /**
     * A poller without work.
     *
     * @param name for the thread.
     * @param pool that the packets of all its queues and ports are from; it closes it.
     * @param counters of the poller.
     */
    Poller(final String name, final PacketPool pool, final Counters counters) {
        this.name = name;
        this.pool = pool;
        this.counters = counters;
        poolFree = counters.counter(DaemonCounterTypes.POOL_FREE);
        counters.counter(DaemonCounterTypes.POOL_BUFFERS).set(pool.capacity());
    }

    /**
     * Has something done on the poller's thread. Only the conductor may ask.
     *
     * @param command what.
     * @throws IllegalStateException when the poller has stopped taking commands.
     */
    void execute(final Runnable command) {
        if (!commands.offer(command)) {
            throw new IllegalStateException(
                    name + ": " + COMMANDS + " commands are waiting; the poller has stalled");
        }
        wakeUp();
    }

    /** Ends the poller's sleep, if it sleeps. Any thread, after it has left something to do. */
    void wakeUp() {
        if (waiting != null) {
            waiting.wakeUp();
        }
    }

    /**
     * Has something done before the first duty cycle: no queue is enabled without the poller.
     * Before its thread starts.
     *
     * @param preparation what; if it fails, the poller goes on without.
     */
    void warmUp(final Runnable preparation) {
        warmUp = preparation;
    }

    /**
     * Has it sleep while there is nothing to do. Before its thread starts.
     *
     * @param conductor who arms the interrupts.
     * @return what its thread must use to wait.
     */
    InterruptWait sleepUntilInterrupt(final Conductor conductor) {
        waiting = new InterruptWait(conductor, this, counters);
        return waiting;
    }

    /** It has slept. On the poller's thread. */
    void slept() {
        hasSlept = true;
    }

    /** Whether it has slept since the last time. On the poller's thread. */
    boolean takeSlept() {
        final boolean slept = hasSlept;
        hasSlept = false;
        return slept;
    }

    /** The poller is about to be stopped. Any thread. */
    void sleepNoMore() {
        if (waiting != null) {
            waiting.end();
        }
    }

    /** Whether the owner of its queues wants interrupts. */
    boolean sleeps() {
        return waiting != null;
    }

    /** How it sleeps; null if it doesn't. */
    @Nullable InterruptWait waiting() {
        return waiting;
    }

    /** Whether commands are waiting. */
    boolean hasCommands() {
        return !commands.isEmpty();
    }

    /** Whether a queue has packets. */
    boolean hasReceived() {
        for (final Attachment attachment : attachments) {
            if (attachment.hasReceived()) {
                return true;
            }
        }
        return false;
    }

    /** Whether other pollers have sent packets. */
    boolean hasCrossed() {
        for (final Attachment attachment : attachments) {
            if (attachment.hasCrossed()) {
                return true;
            }
        }
        return false;
    }

    /** What it polls. */
    Attachment[] attachments() {
        return attachments;
    }

    /** The pool, for ports and queues. */
    PacketPool pool() {
        return pool;
    }

    /**
     * Polls one more virtual function. On the poller's thread.
     *
     * @param attachment of the function.
     */
    void add(final Attachment attachment) {
        attachments = Arrays.copyOf(attachments, attachments.length + 1);
        attachments[attachments.length - 1] = attachment;
        if (waiting != null) {
            attachment.waiting(waiting);
        }
    }

    /**
     * Polls a virtual function no longer. On the poller's thread.
     *
     * @param attachment of the function, without queues and ports.
     */
    void remove(final Attachment attachment) {
        attachments =
                Arrays.stream(attachments)
                        .filter(each -> each != attachment)
                        .toArray(Attachment[]::new);
        if (waiting != null) {
            waiting.changed();
        }
    }

    /** Publishes how full the rings and the pool are. On the poller's thread. */
    void publishLevels() {
        poolFree.set(pool.available());
        for (final Attachment attachment : attachments) {
            attachment.publishLevels();
        }
    }

    @Override
    public void onStart() {
        try {
            warmUp.run();
        } catch (final RuntimeException e) {
            LOGGER.log(System.Logger.Level.WARNING, name + ": not warmed up", e);
        }
    }

    @Override
    public int doWork() {
        int work = 0;
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            command.run();
            work++;
        }
        for (final Attachment attachment : attachments) {
            work += attachment.poll();
        }
        return work;
    }

    @Override
    public String roleName() {
        return name;
    }

    @Override
    public void onClose() {
        if (waiting != null) {
            waiting.close();
        }
        pool.close();
    }
}
