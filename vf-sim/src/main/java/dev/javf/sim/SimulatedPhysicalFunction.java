package dev.javf.sim;

import org.agrona.concurrent.Agent;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongConsumer;

/**
 * A physical function with its virtual functions and their switch, in software. Nothing happens but
 * in {@link #doWork(long)}, at the times that it is given, so a virtual clock makes every run
 * repeatable.
 *
 * <p>One thread calls {@link #doWork(long)} and {@link #close()}, the model's. The VFs, which
 * drivers hold, {@link #host()}, {@link #inject()} and snapshots are for any thread.
 */
public final class SimulatedPhysicalFunction implements Agent, AutoCloseable {
    /** Messages of one VF that make it a malicious one (ICE_ASYNC_VF_MSG_THRESHOLD). */
    static final int MALICIOUS_MESSAGES = 63;

    private static final int FRAME_LIMIT = 64;

    private final SimulatedPhysicalFunctionContext context;
    private final EthernetSwitch ethernetSwitch;
    private final List<SimulatedVirtualFunction> functions = new ArrayList<>();
    private final Attention attention;
    private final DmaGate gate = new DmaGate();
    private final Queue<LongConsumer> requests = new ConcurrentLinkedQueue<>();
    private final PfModel pf;
    private final ServiceTask service;
    private final HostAdministrator host;
    private final FaultInjector injector;
    private final BitSet interruptsPending = new BitSet();
    private final BitSet queuesEnabled = new BitSet();
    private boolean isStarted;

    /**
     * A PF whose VFs become usable in its first duty cycle.
     *
     * @param context says what is wanted; concluded here.
     */
    public SimulatedPhysicalFunction(final SimulatedPhysicalFunctionContext context) {
        context.conclude();
        this.context = context;
        final PfSettings settings = new PfSettings(context);
        ethernetSwitch = new EthernetSwitch(context.name(), context.mode().isDoubleVlan());
        attention = new Attention(context.virtualFunctions());
        final List<VfControl> vfs = new ArrayList<>();
        for (int i = 0; i < context.virtualFunctions(); i++) {
            final SimulatedVirtualFunction function =
                    new SimulatedVirtualFunction(
                            new SimulatedFunctionName(context.index(), i).toString(),
                            i,
                            context.vectorsPerVf(),
                            context.maxQueuePairsPerVf(),
                            attention,
                            gate,
                            ethernetSwitch);
            functions.add(function);
            vfs.add(
                    new VfControl(
                            function,
                            new HostSettings(context.assignedMac(i), context.queuePairsPerVf()),
                            new SwitchRules(function.queues()),
                            context.mode()));
            settings.takeQueuePairs(context.queuePairsPerVf());
        }
        pf = new PfModel(settings, vfs, ethernetSwitch);
        service = new ServiceTask(pf);
        host = new HostAdministrator(pf, service, requests::add);
        injector = new FaultInjector(pf, requests::add);
    }

    /** {@code sim:PF}. */
    public String name() {
        return context.name();
    }

    /** What the PF was made from. */
    public SimulatedPhysicalFunctionContext context() {
        return context;
    }

    /** The VFs. */
    public List<SimulatedVirtualFunction> virtualFunctions() {
        return List.copyOf(functions);
    }

    /**
     * One VF.
     *
     * @param index its number, from 0.
     * @return what its driver holds.
     */
    public SimulatedVirtualFunction virtualFunction(final int index) {
        return functions.get(index);
    }

    /** The switch between the VFs and the wire. */
    public EthernetSwitch ethernetSwitch() {
        return ethernetSwitch;
    }

    /** The host administrator's way to set the PF and its VFs up. */
    public HostAdministrator host() {
        return host;
    }

    /** What no real PF should do. */
    public FaultInjector inject() {
        return injector;
    }

    @Override
    public String roleName() {
        return context.name();
    }

    /** A duty cycle at the time of the context's clock. */
    @Override
    public int doWork() {
        return doWork(context.nanoClock().nanoTime());
    }

    /**
     * Does all that is due. Allocates nothing when nothing is.
     *
     * @param nowNs the time; never less than before.
     * @return how much was done, 0 for nothing.
     */
    public int doWork(final long nowNs) {
        gate.enter();
        try {
            int count = start(nowNs);
            count += attend(nowNs);
            count += runRequests(nowNs);
            count += runUntil(nowNs);
            publish();
            count += sendInterrupts(nowNs);
            count += moveFrames(nowNs);
            return count;
        } finally {
            gate.exit();
        }
    }

    /**
     * When there is something to do next, for a virtual clock that leaves out the times between.
     * Frames and throttled interrupts aren't looked at. For the model's thread.
     *
     * @return a time; {@link Long#MIN_VALUE} for at once, {@link Long#MAX_VALUE} for nothing.
     */
    public long nextWorkNs() {
        return !isStarted || attention.isAny() || !requests.isEmpty()
                ? Long.MIN_VALUE
                : Math.min(pf.outgoing().nextNs(), service.nextNs());
    }

    private int start(final long nowNs) {
        if (isStarted) {
            return 0;
        }
        isStarted = true;
        for (final VfControl vf : pf.vfs()) {
            VfRebuild.rebuild(pf, vf, nowNs);
            vf.resets = 0;
        }
        return 1;
    }

    /** Looks at the VFs whose drivers have touched something. */
    private int attend(final long nowNs) {
        int count = 0;
        for (int word = 0; word < attention.words(); word++) {
            long bits = attention.take(word);
            while (bits != 0) {
                count += attend(pf.vf(word * Long.SIZE + Long.numberOfTrailingZeros(bits)), nowNs);
                bits &= bits - 1;
            }
        }
        return count;
    }

    private int attend(final VfControl vf, final long nowNs) {
        int count = 0;
        if (vf.function.takeFunctionLevelReset()) {
            VfRebuild.resetHardware(vf);
            vf.function.functionLevelResetTaken();
            service.onFunctionLevelReset(vf, nowNs);
            count++;
        }
        count += vf.mailbox.poll(nowNs);
        if (vf.mailbox.hasCommands()) {
            attention.set(vf.index());
        }
        MailboxMessage message = vf.mailbox.nextSent();
        while (message != null) {
            accept(vf, message, nowNs);
            message = vf.mailbox.nextSent();
        }
        if (vf.function.interrupt().isPending()) {
            interruptsPending.set(vf.index());
        }
        return count;
    }

    /** The mailbox takes a message, unless the VF has overdone it. */
    private void accept(final VfControl vf, final MailboxMessage message, final long nowNs) {
        if (vf.isMalicious || vf.unansweredMessages + 1 >= MALICIOUS_MESSAGES) {
            vf.isMalicious = true;
            pf.markChanged(vf);
            pf.observer()
                    .onLost(
                            nowNs,
                            vf.index(),
                            message.opcode(),
                            "the VF has sent too much at once and is ignored until its reset");
            return;
        }
        final Fault fault = pf.faults().onMessage(vf.index(), message.opcode(), nowNs);
        if (fault != null) {
            pf.observer().onFault(nowNs, vf.index(), message.opcode(), fault);
        }
        final long arrivesNs = nowNs + pf.delays().mailboxToPfNs();
        switch (fault) {
            case Fault.LoseRequest() ->
                    pf.observer().onLost(nowNs, vf.index(), message.opcode(), "by the fault plan");
            case Fault.DelayRequest(final long delayNs) -> {
                vf.unansweredMessages++;
                pf.incoming().add(arrivesNs + delayNs, message, fault);
            }
            case null, default -> {
                vf.unansweredMessages++;
                pf.incoming().add(arrivesNs, message, fault);
            }
        }
    }

    private int runRequests(final long nowNs) {
        int count = 0;
        LongConsumer request = requests.poll();
        while (request != null) {
            request.accept(nowNs);
            count++;
            request = requests.poll();
        }
        return count;
    }

    /**
     * Lets happen what is due, in the order of its times; what arrives comes before what is done.
     */
    private int runUntil(final long nowNs) {
        int count = 0;
        while (true) {
            final long arrivalNs = pf.outgoing().nextNs();
            final long serviceNs = service.nextNs();
            if (Math.min(arrivalNs, serviceNs) > nowNs) {
                break;
            }
            if (arrivalNs <= serviceNs) {
                final OutgoingMessages.Delivery delivery = pf.outgoing().take();
                pf.deliver(delivery);
                interruptsPending.set(delivery.message().virtualFunction());
            } else {
                service.step(serviceNs);
            }
            count++;
        }
        return count;
    }

    /**
     * Whether nothing is under way: {@link #doWork(long)} has nothing to do, at whatever time,
     * before a driver writes a register or somebody asks for something. For the model's thread.
     */
    public boolean isQuiet() {
        return isStarted
                && queuesEnabled.isEmpty()
                && interruptsPending.isEmpty()
                && requests.isEmpty()
                && !attention.isAny()
                && pf.outgoing().nextNs() == Long.MAX_VALUE
                && service.nextNs() == Long.MAX_VALUE;
    }

    private void publish() {
        final BitSet changed = pf.changed();
        if (changed.isEmpty()) {
            return;
        }
        for (int i = changed.nextSetBit(0); i >= 0; i = changed.nextSetBit(i + 1)) {
            final VfControl vf = pf.vf(i);
            vf.function.snapshot(vf.snapshot(pf.settings().isLinkUp(vf)));
            queuesEnabled.set(i, vf.isQueueEnabled());
        }
        changed.clear();
    }

    private int sendInterrupts(final long nowNs) {
        int count = 0;
        for (int i = interruptsPending.nextSetBit(0);
                i >= 0;
                i = interruptsPending.nextSetBit(i + 1)) {
            final MailboxInterrupt interrupt = pf.vf(i).function.interrupt();
            if (interrupt.poll(nowNs)) {
                count++;
            }
            if (!interrupt.isPending()) {
                interruptsPending.clear(i);
            }
        }
        return count;
    }

    private int moveFrames(final long nowNs) {
        ethernetSwitch.nowNs(nowNs);
        int count = ethernetSwitch.doWork(FRAME_LIMIT);
        for (int i = queuesEnabled.nextSetBit(0); i >= 0; i = queuesEnabled.nextSetBit(i + 1)) {
            count += functions.get(i).queues().doWork(nowNs, FRAME_LIMIT);
        }
        return count;
    }

    /** Gives the VFs' shared memory back. No driver may use them any more. */
    @Override
    public void close() {
        functions.forEach(SimulatedVirtualFunction::close);
    }
}
