package dev.javf.daemon.suite;

import dev.javf.bench.linux.LinuxRuleDriver;
import dev.javf.daemon.InvokedPoller;
import dev.javf.daemon.PortBinding;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.QueueOwner;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A network device of the Linux rules and the VLAN devices on it, as {@code ip link} sees them.
 * Commands are done one after the other, as the kernel's RTNL lock has it; a command waits while
 * the device isn't there, is going down, or, for up and down, is being reset.
 */
final class LinuxFunction implements SuiteFunction {
    private final SimulatedVirtualFunction model;
    private final InvokedPoller poller;
    private final QueueOwner owner;
    private final int[] uses = new int[Ethernet.VLAN_COUNT];
    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private LinuxRuleDriver driver;
    private boolean isServed;

    /** What {@code ip link} is asked for. */
    private record Command(Kind kind, VlanSet vlans, CompletableFuture<@Nullable Void> done) {}

    private enum Kind {
        ADD,
        REMOVE,
        UP,
        DOWN,
        UNBIND,
        BIND
    }

    LinuxFunction(final SimulatedVirtualFunction model, final InvokedPoller poller) {
        this.model = model;
        this.poller = poller;
        owner = poller.newOwner();
        driver = probe();
    }

    private LinuxRuleDriver probe() {
        return new LinuxRuleDriver(new InProcessDoor(model), owner, poller.pool());
    }

    int doWork(final long nowNs) {
        int work = driver.doWork(nowNs);
        serve(driver.isRunning());
        for (Command command = commands.peek();
                command != null && isDone(command);
                command = commands.peek()) {
            commands.remove();
            command.done().complete(null);
            work++;
        }
        return work;
    }

    /** Running, with its link, is only one whose queues the PF has enabled. */
    private void serve(final boolean isWorking) {
        if (isWorking && !isServed) {
            poller.up(owner);
        }
        isServed = isWorking;
    }

    private boolean isDone(final Command command) {
        if (command.kind() == Kind.UNBIND || command.kind() == Kind.BIND) {
            return isRebound(command.kind());
        }
        if (!driver.isProbed() || driver.isClosing()) {
            return false;
        }
        switch (command.kind()) {
            case ADD -> command.vlans().stream().forEach(this::addVlan);
            case REMOVE -> command.vlans().stream().forEach(this::removeVlan);
            case UP -> {
                if (driver.isResetting()) {
                    return false;
                }
                if (driver.isDown()) {
                    driver.up();
                }
            }
            default -> {
                if (driver.isResetting()) {
                    return false;
                }
                driver.down();
                return !driver.isClosing();
            }
        }
        return true;
    }

    private boolean isRebound(final Kind kind) {
        if (kind == Kind.BIND) {
            driver = probe();
            return true;
        }
        if (driver.isProbed()) {
            driver.remove();
            Arrays.fill(uses, 0);
        }
        return driver.isRemoved();
    }

    /** A VLAN device that can't be made isn't there: {@code RTNETLINK answers}, and that's it. */
    private void addVlan(final int vlan) {
        if (uses[vlan] > 0 || driver.addVlan(vlan)) {
            uses[vlan]++;
        }
    }

    private void removeVlan(final int vlan) {
        if (uses[vlan] > 0 && --uses[vlan] == 0) {
            driver.removeVlan(vlan);
        }
    }

    private CompletableFuture<@Nullable Void> ask(final Kind kind, final VlanSet vlans) {
        final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        commands.add(new Command(kind, vlans, done));
        return done;
    }

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public CompletableFuture<?> addVlans(final VlanSet vlans) {
        return ask(Kind.ADD, vlans);
    }

    @Override
    public CompletableFuture<?> removeVlans(final VlanSet vlans) {
        return ask(Kind.REMOVE, vlans);
    }

    @Override
    public void up() {
        commands.add(new Command(Kind.UP, VlanSet.EMPTY, new CompletableFuture<>()));
    }

    @Override
    public void down() {
        commands.add(new Command(Kind.DOWN, VlanSet.EMPTY, new CompletableFuture<>()));
    }

    @Override
    public CompletableFuture<VfView> view() {
        final VlanSet.Builder devices = new VlanSet.Builder();
        for (int vlan = 1; vlan < uses.length - 1; vlan++) {
            if (uses[vlan] > 0) {
                devices.add(vlan);
            }
        }
        final LifecycleState state =
                driver.isRunning()
                        ? LifecycleState.UP
                        : driver.isDown() ? LifecycleState.DOWN : LifecycleState.RESETTING;
        return CompletableFuture.completedFuture(
                new VfView(
                        state,
                        commands.isEmpty() && driver.isSettled(),
                        devices.build(),
                        driver.activeVlans(),
                        VlanSet.EMPTY,
                        driver.isLinkUp(),
                        driver.vlanMessages()));
    }

    @Override
    public CompletableFuture<@Nullable MacAddress> macAddress() {
        return CompletableFuture.completedFuture(driver.macAddress());
    }

    @Override
    public CompletableFuture<?> ports(final List<PortBinding> bindings) {
        final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        poller.ports(owner, bindings, () -> done.complete(null));
        return done;
    }

    @Override
    public CompletableFuture<?> unbind() {
        return ask(Kind.UNBIND, VlanSet.EMPTY);
    }

    @Override
    public CompletableFuture<?> bind() {
        return ask(Kind.BIND, VlanSet.EMPTY);
    }

    @Override
    public CompletableFuture<String> trouble() {
        return CompletableFuture.completedFuture("");
    }
}
