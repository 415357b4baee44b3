package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.PacketPool;
import dev.javf.vfio.InProcessDoor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QueueHandOverTest {
    private final InProcessDoor device = new InProcessDoor(new PfStub());
    private final PacketPool pool = new PacketPool("test", 256);
    private final QueueSet queues =
            QueueSet.create(device, new Registers(device.bar(0)), pool, new RingLayout(1, 64, 64));
    private final DriverRig.Owner owner = new DriverRig.Owner();
    private final QueueHandOver handOver = new QueueHandOver(owner);

    @BeforeEach
    void setUp() {
        owner.delayed = true;
        queues.shape(new QueueShape(1, 1518, false, false, false));
        handOver.queues(queues);
    }

    @AfterEach
    void tearDown() {
        queues.rx(0).reclaim();
        queues.close();
        pool.close();
    }

    @Test
    void shouldHandOverAndTakeBackOnceTheOwnerSaysSo() {
        handOver.prepare();
        assertThat(handOver.isWithOwner()).isFalse();
        assertThat(handOver.isWithConductor()).isFalse();
        owner.runDelayed();
        assertThat(handOver.isWithOwner()).isTrue();
        handOver.takeBack();
        assertThat(handOver.isWithOwner()).isFalse();
        assertThat(handOver.isWithConductor()).isFalse();
        owner.runDelayed();
        assertThat(handOver.isWithConductor()).isTrue();
        assertThat(owner.calls).containsExactly("prepare", "revoke");
    }

    @Test
    void shouldTakeBackAsSoonAsPreparationEnds() {
        handOver.prepare();
        handOver.takeBack();
        handOver.takeBack();
        assertThat(owner.calls).containsExactly("prepare");
        owner.runDelayed();
        assertThat(handOver.isWithOwner()).isFalse();
        assertThat(owner.calls).containsExactly("prepare", "revoke");
        owner.runDelayed();
        assertThat(handOver.isWithConductor()).isTrue();
    }

    @Test
    void shouldCountEachAnswerOnce() {
        handOver.prepare();
        final Runnable done = owner.waiting.getFirst();
        owner.runDelayed();
        handOver.takeBack();
        done.run();
        assertThat(handOver.isWithConductor()).isFalse();
        owner.runDelayed();
        assertThat(handOver.isWithConductor()).isTrue();
        done.run();
        assertThat(handOver.isWithConductor()).isTrue();
        assertThat(handOver.isWithOwner()).isFalse();
    }

    @Test
    void shouldReclaimOnlyWhatIsWithTheConductor() {
        assertThat(handOver.holdsBuffers()).isFalse();
        handOver.prepare();
        assertThat(handOver.holdsBuffers()).isTrue();
        assertThatThrownBy(handOver::reclaim).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(handOver::prepare).isInstanceOf(IllegalStateException.class);
        owner.runDelayed();
        assertThat(pool.available()).isEqualTo(pool.capacity() - 64);
        handOver.takeBack();
        owner.runDelayed();
        assertThat(pool.available()).isEqualTo(pool.capacity() - 64);
        handOver.reclaim();
        owner.runDelayed();
        assertThat(handOver.isWithConductor()).isTrue();
        assertThat(handOver.holdsBuffers()).isFalse();
        assertThat(pool.available()).isEqualTo(pool.capacity());
    }
}
