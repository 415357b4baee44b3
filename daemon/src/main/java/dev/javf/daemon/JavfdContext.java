package dev.javf.daemon;

import dev.javf.iavf.ExchangeListener;
import dev.javf.iavf.VirtualFunctionContext;
import dev.javf.iavf.VirtualFunctionListener;
import dev.javf.vfio.PciDevice;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What a daemon drives, and how. Set what differs from the defaults, then {@link Javfd#launch}. */
public final class JavfdContext {
    private static final long CLOSE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long STALL_THRESHOLD_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int PACKET_BUFFERS = 8192;

    /** Buffers that the rings of one device can hold. */
    private static final int BUFFERS_PER_DEVICE = 1024;

    private final List<PciDevice> devices = new ArrayList<>();
    private final List<Agent> simulators = new ArrayList<>();
    private final Map<String, UnaryOperator<VirtualFunctionContext>> settings =
            new ConcurrentHashMap<>();
    private final Map<String, ExchangeListener> exchangeListeners = new ConcurrentHashMap<>();
    private VirtualFunctionListener functionListener = new VirtualFunctionListener() {};
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private final Map<String, IntUnaryOperator> pollerChoices = new ConcurrentHashMap<>();
    private final Map<String, Integer> ownBuffers = new ConcurrentHashMap<>();
    private Supplier<IdleStrategy> idleStrategy = PollerWaiting::backOff;
    private int[] shares = {};
    private List<PollerWaiting> waiting = List.of();
    private CounterPlaces counters = CounterPlaces.PRIVATE;
    private int packetBuffers = PACKET_BUFFERS;
    private long closeTimeoutNs = CLOSE_TIMEOUT_NS;
    private long stallThresholdNs = STALL_THRESHOLD_NS;
    private Runnable warmUp = () -> {};
    private boolean isInvoker;
    private boolean interrupts;

    /**
     * Checks the settings.
     *
     * @return this.
     * @throws IllegalArgumentException naming the setting that is wrong, its limit and the remedy.
     */
    public JavfdContext conclude() {
        if (devices.isEmpty()) {
            throw new IllegalArgumentException("a daemon needs at least one device to drive");
        }
        final int needed = devices.size() * BUFFERS_PER_DEVICE;
        if (packetBuffers < needed) {
            throw new IllegalArgumentException(
                    "packetBuffers "
                            + packetBuffers
                            + ": "
                            + devices.size()
                            + " devices need at least "
                            + needed);
        }
        return this;
    }

    /**
     * Drives a device.
     *
     * @param device the function; the daemon closes it.
     * @return this.
     */
    public JavfdContext device(final PciDevice device) {
        return device(device, UnaryOperator.identity());
    }

    /**
     * Drives a device with settings of its own.
     *
     * @param device the function; the daemon closes it.
     * @param deviceSettings sets what differs from the defaults, each time that it is opened; what
     *     the daemon itself has to set it sets afterwards.
     * @return this.
     */
    public JavfdContext device(
            final PciDevice device, final UnaryOperator<VirtualFunctionContext> deviceSettings) {
        devices.add(device);
        settings(device.name(), deviceSettings);
        return this;
    }

    /** The same of a device that comes while the daemon runs. */
    void settings(final String device, final UnaryOperator<VirtualFunctionContext> deviceSettings) {
        settings.put(device, deviceSettings);
    }

    /** A device has gone for good. */
    void forget(final String device) {
        settings.remove(device);
        pollerChoices.remove(device);
        ownBuffers.remove(device);
        exchangeListeners.remove(device);
    }

    UnaryOperator<VirtualFunctionContext> settings(final String device) {
        return settings.getOrDefault(device, UnaryOperator.identity());
    }

    List<PciDevice> devices() {
        return devices;
    }

    /**
     * Runs a simulator on a thread of the daemon's.
     *
     * @param simulator its duty cycle.
     * @return this.
     */
    public JavfdContext simulator(final Agent simulator) {
        simulators.add(simulator);
        return this;
    }

    List<Agent> simulators() {
        return simulators;
    }

    /**
     * Listens to the messages between a virtual function and its PF.
     *
     * @param device the function's name.
     * @param listener told on the conductor's thread.
     * @return this.
     */
    public JavfdContext exchangeListener(final String device, final ExchangeListener listener) {
        exchangeListeners.put(device, listener);
        return this;
    }

    @Nullable ExchangeListener exchangeListener(final String device) {
        return exchangeListeners.get(device);
    }

    /**
     * Listens to what happens to the virtual functions.
     *
     * @param listener told on the conductor's thread.
     * @return this.
     */
    public JavfdContext functionListener(final VirtualFunctionListener listener) {
        functionListener = listener;
        return this;
    }

    VirtualFunctionListener functionListener() {
        return functionListener;
    }

    /**
     * Where the counters are.
     *
     * @param places each in the process's own memory unless set.
     * @return this.
     */
    public JavfdContext counters(final CounterPlaces places) {
        counters = places;
        return this;
    }

    CounterPlaces counters() {
        return counters;
    }

    /**
     * The clock of all timeouts.
     *
     * @param clock the system's unless set.
     * @return this.
     */
    public JavfdContext nanoClock(final NanoClock clock) {
        nanoClock = clock;
        return this;
    }

    NanoClock nanoClock() {
        return nanoClock;
    }

    /**
     * What a thread without work does.
     *
     * @param supplier makes one for each thread; backs off to naps of 50 microseconds unless set.
     * @return this.
     */
    public JavfdContext idleStrategy(final Supplier<IdleStrategy> supplier) {
        idleStrategy = supplier;
        return this;
    }

    IdleStrategy idleStrategy() {
        return idleStrategy.get();
    }

    /**
     * Has the poller sleep until a queue's interrupt, a port or a command wakes it, instead of what
     * {@link #idleStrategy} says. Ports that can't wake it ({@link
     * dev.javf.packet.PacketPort#readiness}) are looked at once per millisecond.
     *
     * @param on whether; not unless set. Not with {@link #invoker}.
     * @return this.
     */
    public JavfdContext interrupts(final boolean on) {
        interrupts = on;
        return this;
    }

    /** How a poller waits; null for as all threads do. */
    @Nullable PollerWaiting waiting(final int poller) {
        if (isInvoker) {
            return null;
        }
        if (interrupts) {
            return PollerWaiting.INTERRUPT;
        }
        return waiting.isEmpty() ? null : waiting.get(Math.min(poller, waiting.size() - 1));
    }

    /**
     * How pollers wait.
     *
     * @param each one for each poller; the last also for all others. As {@link #idleStrategy} says
     *     unless set. Not with {@link #invoker}.
     * @return this.
     */
    public JavfdContext pollerWaiting(final List<PollerWaiting> each) {
        waiting = List.copyOf(each);
        return this;
    }

    /**
     * Several pollers, each a thread.
     *
     * @param buffers packet buffers that each has to begin with, instead of {@link #packetBuffers};
     *     one poller has them all unless set.
     * @return this.
     */
    public JavfdContext pollers(final int... buffers) {
        shares = buffers.clone();
        packetBuffers = Arrays.stream(buffers).sum();
        return this;
    }

    int[] shares() {
        return shares.length == 0 ? new int[] {packetBuffers} : shares.clone();
    }

    /**
     * Which poller has which queues of a function to begin with.
     *
     * @param device the function's.
     * @param choice from queue to poller, counted round; the n-th function's first queue is at the
     *     n-th poller unless set, and so on from there.
     * @return this.
     */
    public JavfdContext pollerChoice(final String device, final IntUnaryOperator choice) {
        pollerChoices.put(device, choice);
        return this;
    }

    IntUnaryOperator pollerChoice(final String device) {
        final List<String> names = devices.stream().map(PciDevice::name).toList();
        final int first = Math.max(0, names.indexOf(device));
        return pollerChoices.getOrDefault(device, queue -> first + queue);
    }

    /**
     * Gives a function packet buffers of its own, in memory that holds no other function's packets
     * and that ports may show to other processes.
     *
     * @param device the function's.
     * @param count for each poller; 0 for those that all functions share, unless set.
     * @return this.
     */
    public JavfdContext ownBuffers(final String device, final int count) {
        ownBuffers.put(device, count);
        return this;
    }

    int ownBuffers(final String device) {
        return ownBuffers.getOrDefault(device, 0);
    }

    /**
     * Number of packet buffers.
     *
     * @param count at least 1024 for each device; 8192 unless set.
     * @return this.
     */
    public JavfdContext packetBuffers(final int count) {
        packetBuffers = count;
        return this;
    }

    int packetBuffers() {
        return packetBuffers;
    }

    /**
     * Starts no threads; the caller invokes {@link Javfd#doWork}.
     *
     * @param invoker whether; not unless set.
     * @return this.
     */
    public JavfdContext invoker(final boolean invoker) {
        isInvoker = invoker;
        return this;
    }

    /** A thread for each call that may block; none of ours when the caller invokes. */
    Executor closer() {
        return isInvoker
                ? Runnable::run
                : task -> Thread.ofPlatform().daemon().name("javf-close").start(task);
    }

    boolean isInvoker() {
        return isInvoker;
    }

    /**
     * How long an orderly stop may take.
     *
     * @param timeoutNs nanoseconds, more than 0; 10 s unless set.
     * @return this.
     */
    public JavfdContext closeTimeoutNs(final long timeoutNs) {
        closeTimeoutNs = timeoutNs;
        return this;
    }

    long closeTimeoutNs() {
        return closeTimeoutNs;
    }

    /**
     * What the first poller does on its thread before it takes any queue; not in invoker mode.
     *
     * @param preparation nothing unless set.
     * @return this.
     */
    public JavfdContext warmUp(final Runnable preparation) {
        warmUp = preparation;
        return this;
    }

    Runnable warmUp() {
        return warmUp;
    }

    /**
     * From where on the distance of two duty cycles of the conductor or a poller is a stall.
     *
     * @param thresholdNs nanoseconds, more than 0; 1 s unless set.
     * @return this.
     */
    public JavfdContext stallThresholdNs(final long thresholdNs) {
        stallThresholdNs = thresholdNs;
        return this;
    }

    long stallThresholdNs() {
        return stallThresholdNs;
    }
}
