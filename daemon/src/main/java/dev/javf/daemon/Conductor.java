package dev.javf.daemon;

import dev.javf.iavf.VirtualFunction;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * The one writer of all control state: every virtual function's lifecycle, mailbox and filters. Its
 * duty cycle does what other threads ask for, up to a bound, and then gives each virtual function
 * its turn: however many ask for however much, the turns go on. It never blocks.
 */
final class Conductor implements Agent {
    /**
     * What a duty cycle does of what was asked for: so many commands, and one part of a long one.
     */
    static final int COMMANDS_PER_CYCLE = 32;

    private static final int COMMANDS = 4096;

    private final ManyToOneConcurrentArrayQueue<Runnable> commands =
            new ManyToOneConcurrentArrayQueue<>(COMMANDS);
    private final List<VirtualFunction> functions = new ArrayList<>();
    private final NanoClock clock;
    private @Nullable InParts unfinished;

    /** A command that takes long: each run is a part. What was asked for after it waits. */
    interface InParts extends Runnable {
        /** Whether that was the last part. */
        boolean isDone();
    }

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
        int work = doCommands();
        final long nowNs = clock.nanoTime();
        for (int i = 0, size = functions.size(); i < size; i++) {
            work += functions.get(i).doWork(nowNs);
        }
        return work;
    }

    private int doCommands() {
        int count = 0;
        while (count < COMMANDS_PER_CYCLE) {
            final Runnable command = unfinished == null ? commands.poll() : unfinished;
            unfinished = null;
            if (command == null) {
                break;
            }
            count++;
            command.run();
            if (command instanceof final InParts parts) {
                unfinished = parts.isDone() ? null : parts;
                break;
            }
        }
        return count;
    }

    @Override
    public String roleName() {
        return "javf-conductor";
    }
}
