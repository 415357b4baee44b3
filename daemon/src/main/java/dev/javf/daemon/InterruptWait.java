package dev.javf.daemon;

import dev.javf.iavf.QueueVector;
import dev.javf.linux.Descriptor;
import dev.javf.linux.Epoll;
import dev.javf.linux.EventFd;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.Counter;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPort;

import org.agrona.concurrent.IdleStrategy;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * How a poller sleeps: it looks in vain a number of times, has the conductor arm its queues'
 * interrupts (devices are the conductor's), looks once more, and only then waits for an interrupt,
 * a readable port or a command.
 *
 * <pre>
 *            in vain                  armed                 in vain
 *  POLLING ----------> ARMING ----------------> LOOKING ------------> asleep
 *     ^                 (asleep)                   | work               |
 *     +--------------------------------------------+--------------------+ woken
 * </pre>
 *
 * <p>Nothing is lost on the way: what is done before the look after the arming is found by it, what
 * is done later interrupts. To be sure, it sleeps {@link #SLEEP_MS} at most, and counts when a
 * queue has packets then for which no interrupt comes. All but {@link #wakeUp} and the counters is
 * for the poller's thread. Nothing is allocated once the queues are up.
 */
final class InterruptWait implements IdleStrategy, AutoCloseable {
    /** Looks in vain until interrupts are armed. */
    static final int LOOKS = 200;

    private static final int SLEEP_MS = 500;

    /** With a port that can't wake the poller, or packets that wait for room in a ring. */
    private static final int SHORT_SLEEP_MS = 1;

    /** How far apart a packet and its interrupt may be. */
    private static final int GRACE_MS = 50;

    private static final int EVENTS = 64;
    private static final long WAKE_UP = -1;
    private static final long PORT = -2;

    private final Conductor conductor;
    private final Poller poller;
    private final Epoll epoll = Epoll.create(EVENTS);
    private final EventFd wakeUp = EventFd.create();
    private final List<Descriptor> watched = new ArrayList<>();
    private final Runnable arm = this::arm;
    private final Runnable armed = this::armed;
    private final Counter sleeps;
    private final Counter missed;
    private List<QueueVector> vectors = List.of();
    private volatile boolean isAsleep;
    private volatile boolean isEnding;
    private volatile int sleepMs = SLEEP_MS;
    private State state = State.POLLING;
    private int looks;
    private boolean hasChanged = true;

    /** An interrupt that was being armed has come already, or is for others than there are now. */
    private boolean isUsedUp;

    private boolean mustLook;

    private enum State {
        POLLING,
        ARMING,
        ARMED,
        LOOKING
    }

    InterruptWait(final Conductor conductor, final Poller poller, final Counters counters) {
        sleeps = counters.counter(DaemonCounterTypes.SLEEPS);
        missed = counters.counter(DaemonCounterTypes.MISSED);
        this.conductor = conductor;
        this.poller = poller;
        epoll.add(wakeUp.descriptor(), Libc.EPOLLIN(), WAKE_UP);
    }

    /**
     * The queues or ports that the poller has are others now, or will be. What it waited for is let
     * go of at once, as it may be closed when the command that this is part of is done.
     */
    void changed() {
        watched.forEach(epoll::remove);
        watched.clear();
        vectors = List.of();
        hasChanged = true;
        isUsedUp = true;
    }

    /** Ends the poller's sleep, if it sleeps. Any thread, after it has left something to do. */
    void wakeUp() {
        VarHandle.fullFence();
        if (isAsleep) {
            wakeUp.signal();
        }
    }

    /** Ends the poller's sleep for good. Any thread. */
    void end() {
        isEnding = true;
        wakeUp();
    }

    /** Never wakes without a reason from now on: a missed one is not made up for. Any thread. */
    void sleepForGood() {
        sleepMs = -1;
        wakeUp();
    }

    /** How often the poller has slept. */
    Counter sleeps() {
        return sleeps;
    }

    /** How often a queue had packets for which no interrupt came. */
    Counter missed() {
        return missed;
    }

    @Override
    public void idle(final int workCount) {
        if (state == State.ARMED) {
            // The command that said so is the work; the look that matters is the next.
            state = isUsedUp ? State.POLLING : State.LOOKING;
            return;
        }
        if (workCount > 0) {
            reset();
            return;
        }
        switch (state) {
            case POLLING -> {
                if (++looks < LOOKS) {
                    Thread.onSpinWait();
                } else {
                    prepare();
                }
            }
            case ARMING -> sleep();
            default -> {
                sleep();
                // Whatever woke it, an interrupt may be used up.
                state = State.POLLING;
                looks = LOOKS - 2;
            }
        }
    }

    @Override
    public void idle() {
        idle(0);
    }

    @Override
    public void reset() {
        looks = 0;
        if (state != State.ARMING) {
            state = State.POLLING;
        }
    }

    private void prepare() {
        if (hasChanged) {
            watch();
            hasChanged = false;
        }
        if (vectors.isEmpty()) {
            sleep();
            return;
        }
        for (int i = 0; i < vectors.size(); i++) {
            vectors.get(i).eventFd().drain();
        }
        state = State.ARMING;
        isUsedUp = false;
        conductor.execute(arm);
    }

    private void arm() {
        final List<QueueVector> toArm = vectors;
        for (int i = 0; i < toArm.size(); i++) {
            toArm.get(i).arm();
        }
        poller.execute(armed);
    }

    private void armed() {
        state = State.ARMED;
    }

    /** Finds what there is to wait for now; nothing is waited for yet. */
    private void watch() {
        final List<QueueVector> found = new ArrayList<>();
        mustLook = false;
        for (final Attachment attachment : poller.attachments()) {
            for (final QueueVector vector : attachment.vectors()) {
                epoll.add(vector.eventFd().descriptor(), Libc.EPOLLIN(), found.size());
                watched.add(vector.eventFd().descriptor());
                found.add(vector);
            }
            for (final PacketPort port : attachment.ports()) {
                final Descriptor readiness = port.readiness();
                mustLook |= readiness == null;
                if (readiness != null) {
                    epoll.add(readiness, Libc.EPOLLIN(), PORT);
                    watched.add(readiness);
                }
            }
        }
        vectors = List.copyOf(found);
    }

    private void sleep() {
        boolean isShort = mustLook;
        for (final Attachment attachment : poller.attachments()) {
            isShort |= attachment.hasPending() || attachment.sharesVectors();
        }
        isAsleep = true;
        VarHandle.fullFence();
        if (!isEnding && !poller.hasCommands() && !poller.hasCrossed()) {
            sleeps.increment();
            int events = epoll.poll(isShort ? SHORT_SLEEP_MS : sleepMs);
            if (events == 0 && state == State.LOOKING && !isShort && poller.hasReceived()) {
                // What came while the time ran out interrupts all the same.
                events = epoll.poll(GRACE_MS);
                if (events == 0) {
                    missed.increment();
                }
            }
            poller.slept();
            for (int i = 0; i < events; i++) {
                drain(epoll.token(i));
            }
        }
        isAsleep = false;
    }

    private void drain(final long token) {
        if (token == WAKE_UP) {
            wakeUp.drain();
        } else if (token >= 0 && token < vectors.size()) {
            vectors.get((int) token).eventFd().drain();
            isUsedUp = true;
        }
    }

    @Override
    public void close() {
        epoll.close();
        wakeUp.close();
    }
}
