package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;

class MailboxTest {
    @Test
    void shouldAnswerVersionByteForByte() {
        try (Bench bench = Bench.withMailbox(context -> {})) {
            final RawDriver driver = bench.driver();
            driver.send(1, RawDriver.bytes().hex("01000000 01000000").done());
            assertThat(driver.hex(RawDriver.atqDescriptor(0), 16))
                    .isEqualTo("00340108080000000100000000000000");

            bench.run();

            assertThat(driver.read(RawDriver.ATQH)).isEqualTo(1);
            assertThat(driver.u16(RawDriver.atqDescriptor(0)) & 3).isEqualTo(3);
            assertThat(driver.hex(RawDriver.arqDescriptor(0), 24))
                    .isEqualTo("031202080800000001000000000000000000000000000000");
            final List<RawDriver.Received> received = driver.receive();
            assertThat(received).hasSize(1);
            assertThat(received.getFirst().hex()).isEqualTo("0100000001000000");
        }
    }
}
