package dev.javf.daemon;

import dev.javf.iavf.VirtualFunction;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.agrona.concurrent.NanoClock;

import java.util.ArrayList;
import java.util.List;

/**
 * The one writer of all control state: every virtual function's lifecycle, mailbox and filters. Its
 * duty cycle drains what other threads ask for and then gives each virtual function its turn. It
 * never blocks.
 */
final class Conductor implements Agent {
    private static final int COMMANDS = 4096;

    private final ManyToOneConcurrentArrayQueue<Runnable> commands =
            new ManyToOneConcurrentArrayQueue<>(COMMANDS);
    private final List<VirtualFunction> functions = new ArrayList<>();
    private final NanoClock clock;

    /**
     * A conductor of nothing.
     *
     * @param clock for all timeouts.
     */
    Conductor(final NanoClock clock) {
        this.clock = clock;
    }

    /**
     * Conducts one more virtual function. Before the conductor's thread starts, or on it.
     *
     * @param function an open one.
     */
    void add(final VirtualFunction function) {
        functions.add(function);
    }

    /**
     * Conducts another virtual function instead of one that is closed. For the conductor's thread.
     *
     * @param closed let go of.
     * @param function an open one.
     */
    void replace(final VirtualFunction closed, final VirtualFunction function) {
        functions.set(functions.indexOf(closed), function);
    }

    /**
     * Conducts a virtual function no longer. For the conductor's thread.
     *
     * @param closed let go of.
     */
    void remove(final VirtualFunction closed) {
        functions.remove(closed);
    }

    /**
     * Has something done on the conductor's thread. Any thread may ask.
     *
     * @param command what; it must not block.
     * @throws IllegalStateException when too many commands are waiting.
     */
    void execute(final Runnable command) {
        if (!commands.offer(command)) {
            throw new IllegalStateException(
                    COMMANDS + " commands are waiting for the conductor; ask again later");
        }
    }

    @Override
    public int doWork() {
        int work = 0;
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            command.run();
            work++;
        }
        final long nowNs = clock.nanoTime();
        for (int i = 0, size = functions.size(); i < size; i++) {
            work += functions.get(i).doWork(nowNs);
        }
        return work;
    }

    @Override
    public String roleName() {
        return "javf-conductor";
    }
}
