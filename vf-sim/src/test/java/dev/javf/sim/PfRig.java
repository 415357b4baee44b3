package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A PF with its VFs under a virtual clock, and a {@link RawDriver} for each VF. */
public final class PfRig implements AutoCloseable {
    public static final int EVENT = 17;

    public final SimulatedPhysicalFunction pf;
    public final List<RawDriver> drivers = new ArrayList<>();
    public long nowNs = 1_000;

    public PfRig(final Consumer<SimulatedPhysicalFunctionContext> settings) {
        final SimulatedPhysicalFunctionContext context =
                new SimulatedPhysicalFunctionContext().delays(SimulatedDelays.NONE);
        settings.accept(context);
        pf = new SimulatedPhysicalFunction(context);
        pf.virtualFunctions().forEach(vf -> drivers.add(new RawDriver(vf)));
        run();
    }

    /** One VF with nothing negotiated, but its mailbox running. */
    public static PfRig withMailbox(final Consumer<SimulatedPhysicalFunctionContext> settings) {
        final PfRig rig = new PfRig(settings);
        rig.drivers.forEach(RawDriver::enableBusMaster);
        rig.drivers.forEach(RawDriver::startMailbox);
        return rig;
    }

    /** All VFs active, with what Linux asks for. */
    public static PfRig active(final Consumer<SimulatedPhysicalFunctionContext> settings) {
        final PfRig rig = withMailbox(settings);
        for (int vf = 0; vf < rig.drivers.size(); vf++) {
            rig.activate(vf, RawDriver.LINUX_CAPABILITIES);
        }
        return rig;
    }

    public RawDriver driver() {
        return drivers.getFirst();
    }

    /** VSI id that the PF has told, or would tell, a VF. */
    public int vsi(final int vf) {
        return pf.context().mode().isI40e() ? 400 + vf : 1;
    }

    public VfSnapshot snapshot() {
        return snapshot(0);
    }

    public VfSnapshot snapshot(final int vf) {
        return pf.virtualFunction(vf).snapshot();
    }

    public void run() {
        pf.doWork(nowNs);
    }

    public void advance(final long ns) {
        nowNs += ns;
        pf.doWork(nowNs);
    }

    /** VERSION, GET_VF_RESOURCES and what comes of them. */
    public void activate(final int vf, final int capabilities) {
        assertThat(ask(vf, 1, RawDriver.bytes().u32(1).u32(1).done()).status()).isZero();
        assertThat(ask(vf, 3, RawDriver.bytes().u32(capabilities).done()).status()).isZero();
    }

    /** Sends a message and returns its answer; without delays only. Drops events. */
    public RawDriver.Received ask(final int vf, final int opcode, final byte[] body) {
        drivers.get(vf).send(opcode, body);
        run();
        final List<RawDriver.Received> answers =
                drivers.get(vf).receive().stream().filter(m -> m.opcode() != EVENT).toList();
        assertThat(answers).as("answers to opcode %d", opcode).hasSize(1);
        assertThat(answers.getFirst().opcode()).isEqualTo(opcode);
        return answers.getFirst();
    }

    public RawDriver.Received ask(final int opcode, final byte[] body) {
        return ask(0, opcode, body);
    }

    public int statusOf(final int opcode, final byte[] body) {
        return ask(0, opcode, body).status();
    }

    /** Sends a message, waits until all is quiet, and wants it to have been taken. */
    public void say(final int vf, final int opcode, final byte[] body) {
        drivers.get(vf).send(opcode, body);
        run();
        for (int i = 0; i < 10; i++) {
            advance(1_000_000);
        }
        final List<RawDriver.Received> answers =
                drivers.get(vf).receive().stream().filter(m -> m.opcode() == opcode).toList();
        assertThat(answers).as("answers to opcode %d", opcode).hasSize(1);
        assertThat(answers.getFirst().status()).isZero();
    }

    /** Sends a message and returns everything that comes back; without delays only. */
    public List<RawDriver.Received> send(final int opcode, final byte[] body) {
        driver().send(opcode, body);
        run();
        return driver().receive();
    }

    @Override
    public void close() {
        pf.close();
    }
}
