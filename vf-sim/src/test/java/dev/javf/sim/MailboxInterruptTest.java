package dev.javf.sim;

import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.EventFd;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MailboxInterruptTest {
    private static final int ADMINQ = 1 << 30;
    private static final byte[] VERSION = bytes().u32(1).u32(1).done();

    private final PfRig rig = PfRig.withMailbox(context -> {});
    private final RawDriver driver = rig.driver();
    private final EventFd vector = EventFd.create();

    @BeforeEach
    void attach() {
        driver.vf.interrupt(0, vector);
    }

    @AfterEach
    void close() {
        driver.vf.interrupt(0, null);
        vector.close();
        rig.close();
    }

    private void message() {
        driver.send(1, VERSION);
        rig.run();
    }

    /** As Linux enables vector 0: INTENA, no ITR; then the cause. */
    private void enable() {
        driver.write(RawDriver.DYN_CTL01, 0x19);
        driver.write(RawDriver.ICR0_ENA1, ADMINQ);
    }

    @Test
    void shouldInterruptOncePerEnable() {
        enable();
        message();
        assertThat(vector.drain()).isEqualTo(1);
        assertThat(driver.read(RawDriver.DYN_CTL01) & 1).isZero();
        assertThat(driver.read(RawDriver.ICR01)).isEqualTo(ADMINQ);
        assertThat(driver.read(RawDriver.ICR01)).isZero();
        message();
        assertThat(vector.drain()).isZero();
        driver.write(RawDriver.DYN_CTL01, 0x19);
        rig.run();
        assertThat(vector.drain()).isEqualTo(1);
    }

    @Test
    void shouldNotInterruptForCauseThatIsNotEnabled() {
        driver.write(RawDriver.DYN_CTL01, 0x19);
        message();
        assertThat(vector.drain()).isZero();
        driver.write(RawDriver.ICR0_ENA1, ADMINQ);
        rig.run();
        assertThat(vector.drain()).isEqualTo(1);
    }

    @Test
    void shouldForgetWhatWaitsInThePendingBitArrayWhenAsked() {
        // ITR index 2, 10 units of 2 us: the second event finds INTENA set, and has to wait.
        driver.write(RawDriver.DYN_CTL01, 1 | 2 << 3 | 10 << 5);
        driver.write(RawDriver.ICR0_ENA1, ADMINQ);
        message();
        assertThat(vector.drain()).isEqualTo(1);
        driver.write(RawDriver.DYN_CTL01, 0x19);
        message();
        driver.write(RawDriver.DYN_CTL01, 0x1B);
        rig.advance(20_000);
        assertThat(vector.drain()).isZero();
        assertThat(driver.read(RawDriver.DYN_CTL01)).isEqualTo(0x19);
        message();
        assertThat(vector.drain()).isEqualTo(1);
    }

    @Test
    void shouldTellWhatCameWhileDisabledWithClearPbaToo() {
        driver.write(RawDriver.ICR0_ENA1, ADMINQ);
        message();
        driver.write(RawDriver.DYN_CTL01, 0x1B);
        rig.run();
        assertThat(vector.drain()).isEqualTo(1);
        assertThat(driver.read(RawDriver.DYN_CTL01)).isEqualTo(0x18);
    }

    /** What DPDK's handler does; it never reads VFINT_ICR01. */
    private void dpdkHandler(final Runnable drain) {
        driver.write(RawDriver.ICR0_ENA1, 0);
        driver.write(RawDriver.DYN_CTL01, 0x18);
        drain.run();
        driver.write(RawDriver.ICR0_ENA1, ADMINQ);
        driver.write(RawDriver.DYN_CTL01, 0x1B);
        rig.run();
    }

    @Test
    void shouldLoseNoAnswerThatComesWhileDpdksHandlerRuns() {
        dpdkHandler(() -> {});
        message();
        assertThat(vector.drain()).isEqualTo(1);
        dpdkHandler(this::message);
        assertThat(vector.drain()).isEqualTo(1);
        // One interrupt for one answer, though the cause has never been read.
        dpdkHandler(() -> {});
        assertThat(vector.drain()).isZero();
        message();
        assertThat(vector.drain()).isEqualTo(1);
    }

    @Test
    void shouldInterruptWhenSoftwareAsks() {
        driver.write(RawDriver.DYN_CTL01, 0x1D);
        rig.run();
        assertThat(vector.drain()).isEqualTo(1);
        assertThat(driver.read(RawDriver.ICR01)).isEqualTo(1 << 31);
        assertThat(driver.read(RawDriver.DYN_CTL01)).isEqualTo(0x18);
    }

    @Test
    void shouldKeepIntervalBetweenInterrupts() {
        // ITR index 2, 10 units of 2 us.
        driver.write(RawDriver.DYN_CTL01, 1 | 2 << 3 | 10 << 5);
        driver.write(RawDriver.ICR0_ENA1, ADMINQ);
        assertThat(driver.read(0x4C08)).isEqualTo(10);
        message();
        assertThat(vector.drain()).isEqualTo(1);
        message();
        driver.write(RawDriver.DYN_CTL01, 0x19);
        rig.advance(19_999);
        assertThat(vector.drain()).isZero();
        rig.advance(1);
        assertThat(vector.drain()).isEqualTo(1);
    }

    @Test
    void shouldInterruptForCompletionThatIsNotSilent() {
        enable();
        driver.sendDescriptor(0, 0x0003, 0, new byte[0]);
        rig.run();
        assertThat(vector.drain()).isEqualTo(1);
    }

    @Test
    void shouldInterruptForErrorWhenAsked() {
        enable();
        driver.sendDescriptor(0x2000, 0x0001, 0, new byte[0]);
        rig.run();
        assertThat(vector.drain()).isZero();
        driver.sendDescriptor(0x6000, 0x0001, 0, new byte[0]);
        rig.run();
        assertThat(vector.drain()).isEqualTo(1);
    }

    @Test
    void shouldNotSignalVectorThatIsOff() {
        enable();
        driver.vf.interrupt(0, null);
        message();
        assertThat(vector.drain()).isZero();
        assertThat(driver.read(RawDriver.DYN_CTL01) & 1).isZero();
    }

    @Test
    void shouldForgetEverythingOnReset() {
        driver.write(RawDriver.ICR0_ENA1, ADMINQ);
        message();
        driver.vf.functionLevelReset();
        rig.run();
        driver.enableBusMaster();
        driver.write(RawDriver.DYN_CTL01, 0x19);
        rig.run();
        assertThat(vector.drain()).isZero();
    }
}
