package dev.javf.sim.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.javf.sim.PfMode;
import dev.javf.sim.PfRig;
import dev.javf.sim.PlannedFaults;
import dev.javf.sim.RawDriver;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.VfPhase;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** Each command, and what the VF's driver sees of it. */
class ControlCommandsTest {
    private static final int VERSION = 1;
    private static final int ADD_ETH_ADDR = 10;
    private static final int ADD_VLAN_V2 = 52;
    private static final int GET_VLAN_V2_CAPS = 51;
    private static final int ERR_PARAM = -5;

    private final PlannedFaults faults = new PlannedFaults();
    private final ExchangeRecorder recorder = new ExchangeRecorder();
    private PfRig rig = rig(context -> {});
    private ControlCommands commands = new ControlCommands(rig.pf, faults, recorder);

    private PfRig rig(final Consumer<SimulatedPhysicalFunctionContext> more) {
        return PfRig.active(context -> {
            context.faultPlan(faults).observer(recorder);
            more.accept(context);
        });
    }

    private void use(final PfRig other) {
        rig.close();
        rig = other;
        commands = new ControlCommands(rig.pf, faults, recorder);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private CompletableFuture<ControlCommands.Answer> start(final String line) {
        return commands.run(line).toCompletableFuture();
    }

    private ControlCommands.Answer run(final String line) {
        final CompletableFuture<ControlCommands.Answer> answer = start(line);
        rig.run();
        assertThat(answer).as(line).isDone();
        return answer.join();
    }

    private JsonNode json(final String line) throws IOException {
        final StringWriter text = new StringWriter();
        try (JsonGenerator generator = new JsonFactory().createGenerator(text)) {
            run(line).content().write(generator);
        }
        return new ObjectMapper().readTree(text.toString());
    }

    private JsonNode vf(final int index) throws IOException {
        return json("show vf " + index).get("vfs").get(0);
    }

    private static byte[] nothing() {
        return new byte[0];
    }

    private static byte[] innerVlan(final int vlan) {
        return RawDriver.bytes()
                .u16(1)
                .u16(1)
                .u32(0)
                .u16(vlan)
                .u16(0)
                .u16(0x8100)
                .u16(0)
                .zeros(24)
                .done();
    }

    private List<Integer> receivedEvents() {
        return rig.driver().receive().stream()
                .filter(message -> message.opcode() == PfRig.EVENT)
                .map(message -> message.i32(0))
                .toList();
    }

    @Test
    void shouldTrustAVfWithAnAnnouncedReset() throws IOException {
        rig.driver().receive();
        run("vf 0 trust on");
        assertThat(receivedEvents()).contains(2);
        assertThat(rig.driver().read(RawDriver.ARQLEN)).isZero();
        assertThat(vf(0).get("trusted").asBoolean()).isTrue();
        assertThat(vf(0).get("resets").asInt()).isEqualTo(1);
        rig.driver().enableBusMaster();
        rig.driver().startMailbox();
        rig.activate(0, RawDriver.LINUX_CAPABILITIES);
        assertThat(rig.ask(GET_VLAN_V2_CAPS, nothing()).u16(12)).isEqualTo(4096);
        run("vf 0 trust on");
        assertThat(vf(0).get("resets").asInt()).as("no change, no reset").isEqualTo(1);
    }

    @Test
    void shouldSwitchSpoofCheck() throws IOException {
        run("vf 0 spoofchk off");
        assertThat(vf(0).get("spoofChecked").asBoolean()).isFalse();
        assertThat(rig.pf.ethernetSwitch().ports().getFirst().macSpoofCheck()).isFalse();
        run("vf 0 spoofchk on");
        assertThat(rig.pf.ethernetSwitch().ports().getFirst().macSpoofCheck()).isTrue();
    }

    @Test
    void shouldPutAVfIntoAPortVlanAndTakeItOut() throws IOException {
        run("vf 0 vlan 100 qos 3 proto 802.1q");
        final JsonNode portVlan = vf(0).get("portVlan");
        assertThat(portVlan.get("vlan").asInt()).isEqualTo(100);
        assertThat(portVlan.get("qos").asInt()).isEqualTo(3);
        assertThat(portVlan.get("tpid").asText()).isEqualTo("0x8100");
        rig.driver().enableBusMaster();
        rig.driver().startMailbox();
        rig.activate(0, RawDriver.LINUX_CAPABILITIES);
        assertThat(rig.ask(GET_VLAN_V2_CAPS, nothing()).i32(4)).as("filtering").isZero();
        run("vf 0 vlan 0");
        assertThat(vf(0).get("portVlan").isNull()).isTrue();
    }

    @Test
    void shouldTakeAnOuterPortVlanInDoubleVlanModeOnly() throws IOException {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> start("vf 0 vlan 100 proto 802.1ad"))
                .withMessageContaining("TPID 0x88a8: expected VLAN 1 to 4094");
        use(rig(context -> context.mode(PfMode.ICE_V2_DVM)));
        run("vf 0 vlan 100 proto 802.1ad");
        assertThat(vf(0).get("portVlan").get("tpid").asText()).isEqualTo("0x88a8");
    }

    @Test
    void shouldSetAMac() throws IOException {
        run("vf 1 mac 02:00:00:00:00:07");
        assertThat(vf(1).get("defaultMac").asText()).isEqualTo("02:00:00:00:00:07");
        rig.drivers.get(1).enableBusMaster();
        rig.drivers.get(1).startMailbox();
        rig.ask(1, VERSION, RawDriver.bytes().u32(1).u32(1).done());
        final RawDriver.Received resources =
                rig.ask(1, 3, RawDriver.bytes().u32(RawDriver.LINUX_CAPABILITIES).done());
        assertThat(resources.hex()).contains("020000000007");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> start("vf 1 mac 01:00:5e:00:00:01"))
                .withMessageContaining("multicast");
    }

    @Test
    void shouldTellAVfOfItsLink() throws IOException {
        rig.driver().receive();
        run("vf 0 state disable");
        assertThat(receivedEvents()).containsExactly(1);
        assertThat(vf(0).get("linkState").asText()).isEqualTo("disable");
        run("link down");
        assertThat(json("show").get("linkUp").asBoolean()).isFalse();
        run("link up");
        assertThat(json("show").get("linkUp").asBoolean()).isTrue();
        assertThat(receivedEvents()).containsExactly(1, 1);
    }

    @Test
    void shouldResetAVfWithAndWithoutTellingIt() throws IOException {
        rig.driver().receive();
        run("vf 0 reset");
        assertThat(receivedEvents()).contains(2);
        assertThat(vf(0).get("resets").asInt()).isEqualTo(1);
        rig.driver().enableBusMaster();
        rig.driver().startMailbox();
        run("vf 0 flr");
        rig.run();
        assertThat(rig.driver().isBusMaster()).isFalse();
        assertThat(receivedEvents()).isEmpty();
        assertThat(vf(0).get("resets").asInt()).isEqualTo(2);
        assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
    }

    @Test
    void shouldResetThePfAndAnswerWhenAllVfsAreBack() throws IOException {
        use(
                rig(context ->
                        context.delays(SimulatedDelays.NONE.withResets(0, 1_000_000, 1_000_000))));
        final CompletableFuture<ControlCommands.Answer> answer = start("pf reset");
        rig.run();
        assertThat(answer).isNotDone();
        assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(RawDriver.DEAD);
        rig.advance(1_000_000);
        rig.advance(1_000_000);
        assertThat(answer).isDone();
        assertThat(vf(0).get("phase").asText()).isEqualTo(VfPhase.INITIALIZED.name());
        assertThat(vf(1).get("resets").asInt()).isEqualTo(1);
    }

    @Test
    void shouldSetPrivateFlags() throws IOException {
        run("flag vf-vlan-pruning on");
        run("flag vf-true-promisc-support on");
        assertThat(json("show").get("vfVlanPruning").asBoolean()).isTrue();
        assertThat(json("show").get("vfTruePromiscuous").asBoolean()).isTrue();
        rig.ask(GET_VLAN_V2_CAPS, nothing());
        rig.ask(ADD_VLAN_V2, innerVlan(100));
        assertThat(rig.pf.ethernetSwitch().ports().getFirst().rxVlanPruning()).isTrue();
        run("flag vf-vlan-pruning off");
        assertThat(rig.pf.ethernetSwitch().ports().getFirst().rxVlanPruning()).isFalse();
    }

    @Test
    void shouldSetATrunkWhereThePfHasThem() throws IOException {
        assertThatIllegalStateException()
                .isThrownBy(() -> start("vf 0 trunk 100-102"))
                .withMessageContaining("no trunks");
        use(rig(context -> context.mode(PfMode.I40E_V2)));
        run("vf 0 trunk 100-102");
        assertThat(rig.pf.ethernetSwitch().ports().getFirst().hasVlan(0x8100, 101)).isTrue();
        run("vf 0 trunk none");
        assertThat(rig.pf.ethernetSwitch().ports().getFirst().hasVlan(0x8100, 101)).isFalse();
    }

    @Test
    void shouldFailTheMessageThatIsNamed() {
        rig.ask(GET_VLAN_V2_CAPS, nothing());
        run("fault vf 0 ADD_VLAN_V2 fail -5 skip 1 times 2");
        assertThat(rig.statusOf(ADD_VLAN_V2, innerVlan(100))).isZero();
        assertThat(rig.statusOf(ADD_VLAN_V2, innerVlan(101))).isEqualTo(ERR_PARAM);
        assertThat(rig.statusOf(ADD_VLAN_V2, innerVlan(101))).isEqualTo(ERR_PARAM);
        assertThat(rig.statusOf(ADD_VLAN_V2, innerVlan(101))).isZero();
        run("fault vf any any fail -18");
        run("fault clear");
        assertThat(rig.statusOf(ADD_VLAN_V2, innerVlan(102))).isZero();
    }

    @Test
    void shouldLoseDelayAndDoubleMessages() {
        rig.ask(GET_VLAN_V2_CAPS, nothing());
        rig.driver().receive();
        run("fault vf 0 any lose-request");
        assertThat(rig.send(ADD_VLAN_V2, innerVlan(100))).isEmpty();
        run("fault vf any 52 delay-answer 5ms");
        assertThat(rig.send(ADD_VLAN_V2, innerVlan(100))).isEmpty();
        rig.advance(5_000_000);
        assertThat(rig.driver().receive()).hasSize(1);
        run("fault vf 0 ADD_VLAN_V2 duplicate-answer 0");
        assertThat(rig.send(ADD_VLAN_V2, innerVlan(101))).hasSize(2);
    }

    @Test
    void shouldLetAResetGetStuck() throws IOException {
        run("fault vf 0 reset stuck");
        run("vf 0 flr");
        rig.advance(1_000_000_000);
        assertThat(rig.driver().read(RawDriver.RSTAT)).isZero();
        final CompletableFuture<ControlCommands.Answer> trust = start("vf 0 trust on");
        rig.run();
        rig.advance(800_000_000);
        assertThat(trust).isCompletedExceptionally();
        assertThat(trust.handle((answer, error) -> error).join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .hasMessageContaining("doesn't leave its reset");
        run("vf 0 flr");
        rig.run();
        assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
    }

    @Test
    void shouldSendStaleEventsAndTakeVlansAway() throws IOException {
        rig.ask(GET_VLAN_V2_CAPS, nothing());
        rig.ask(ADD_VLAN_V2, innerVlan(100));
        rig.driver().receive();
        run("inject vf 0 event reset-impending");
        run("inject vf 0 event link-up");
        assertThat(receivedEvents()).containsExactly(2, 1);
        assertThat(vf(0).get("vlans")).hasSize(1);
        run("inject vf 0 delete-vlan 100");
        assertThat(vf(0).get("vlans")).isEmpty();
    }

    @Test
    void shouldRecordTheExchange() throws IOException {
        rig.ask(GET_VLAN_V2_CAPS, nothing());
        run("record on");
        rig.ask(ADD_VLAN_V2, innerVlan(100));
        run("record off");
        rig.ask(ADD_VLAN_V2, innerVlan(101));
        final JsonNode entries = json("record dump").get("entries");
        assertThat(entries).hasSize(2);
        assertThat(entries.get(0).get("kind").asText()).isEqualTo("request");
        assertThat(entries.get(0).get("opcode").asInt()).isEqualTo(ADD_VLAN_V2);
        assertThat(entries.get(0).get("name").asText()).isEqualTo("ADD_VLAN_V2");
        assertThat(entries.get(0).get("length").asInt()).isEqualTo(40);
        assertThat(entries.get(1).get("kind").asText()).isEqualTo("answer");
        assertThat(entries.get(1).get("status").asInt()).isZero();
        assertThat(entries.get(1).get("timeNs").asLong()).isEqualTo(rig.nowNs);
        run("record clear");
        assertThat(json("record dump").get("entries")).isEmpty();
    }

    @Test
    void shouldShowWhatTheVfHas() throws IOException {
        rig.ask(
                ADD_ETH_ADDR,
                RawDriver.bytes().u16(1).u16(1).hex("020000000005").u8(1).zeros(9).done());
        final JsonNode vf = vf(0);
        assertThat(vf.get("phase").asText()).isEqualTo("ACTIVE");
        assertThat(vf.get("macs").toString())
                .isEqualTo("[\"02:00:00:00:00:05\",\"ff:ff:ff:ff:ff:ff\"]");
        assertThat(vf.get("capabilities").toString()).contains("\"VLAN_V2\"");
        assertThat(vf.get("allowed").toString()).contains("\"ADD_VLAN_V2\"");
        assertThat(vf.get("counters").get("txErrors").asLong()).isZero();
        assertThat(vf.get("dmaMappings").asInt()).isEqualTo(1);
        assertThat(json("show").get("vfs")).hasSize(2);
    }

    @Test
    void shouldHelp() throws IOException {
        assertThat(json("help").toString()).contains("vf N trust on|off");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "bogus;'bogus': expected fault|flag|help|inject|link|pf|record|show|vf",
                "\"\";nothing: expected fault|",
                "vf;nothing after 'vf': expected the VF, 0 to 1",
                "vf 2 trust on;'2' after 'vf': expected the VF, 0 to 1",
                "vf 0 trust;nothing after 'vf 0 trust': expected off|on",
                "vf 0 trust on on;'on' after 'vf 0 trust on': expected the end",
                "vf 0 vlan 4095;'4095' after 'vf 0 vlan': expected the VLAN, 0 to 4094",
                "vf 0 vlan 1 qos 8;'8' after 'vf 0 vlan 1 qos': expected the priority, 0 to 7",
                "vf 0 mac 1:2;1:2",
                "vf 0 state on;'on' after 'vf 0 state': expected auto|disable|enable",
                "fault vf 0 NO_SUCH pretend;'NO_SUCH' after 'fault vf 0': expected an operation",
                "fault vf 0 52 fail;nothing after 'fault vf 0 52 fail': expected the status",
                "fault vf 0 52 delay-answer 5;'5' is no length of time",
                "fault vf 7 52 pretend;'7' after 'fault vf': expected the VF or any, 0 to 1",
                "record;nothing after 'record': expected clear|dump|off|on",
            })
    void shouldSayWhatIsWrongAndWhatIsExpected(final String line, final String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> start(line))
                .withMessageContaining(message);
    }
}
