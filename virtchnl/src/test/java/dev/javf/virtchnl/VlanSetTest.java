package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.TreeSet;

final class VlanSetTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "100-110,200           | 100-110,200",
                "200,100-110           | 100-110,200",
                "1                     | 1",
                "4094                  | 4094",
                "1-4094                | 1-4094",
                "5-5                   | 5",
                "1,2,3                 | 1-3",
                "' 7 , 9-10 '          | 7,9-10",
                "10-20,15-30,20        | 10-30",
                "007                   | 7",
                "64,63,128,127         | 63-64,127-128"
            })
    void shouldParseRanges(final String text, final String expected) {
        assertThat(VlanSet.parse(text)).hasToString(expected);
        assertThat(VlanSet.parse(expected)).isEqualTo(VlanSet.parse(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "0           | VLAN 0 is no VLAN (priority-tagged frames need no filter): use"
                        + " 1..4094",
                "4095        | VLAN 4095 is reserved by IEEE 802.1Q: use 1..4094",
                "-1          | '-1' is no VLAN id or range: write 1..4094, such as 100-110,200",
                "5000        | VLAN 5000 is out of range: use 1..4094",
                "99999999999 | VLAN 99999999999 is out of range: use 1..4094",
                "200-100     | VLAN range 200-100 is backwards: write 100-200",
                "100-5000    | VLAN 5000 is out of range: use 1..4094",
                "``          | no VLAN given: write ids and ranges, such as 100-110,200",
                "`  `        | no VLAN given: write ids and ranges, such as 100-110,200",
                "1,,2        | '1,,2' has an empty part: write ids and ranges, such as 100-110,200",
                "1,          | '1,' has an empty part: write ids and ranges, such as 100-110,200",
                "ten         | 'ten' is no VLAN id or range: write 1..4094, such as 100-110,200",
                "1-2-3       | '1-2-3' is no VLAN id or range: write 1..4094, such as 100-110,200",
                "1-          | '1-' is no VLAN id or range: write 1..4094, such as 100-110,200"
            })
    void shouldSayWhichPartIsWrong(final String text, final String message) {
        assertThatThrownBy(() -> VlanSet.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void shouldCheckIds() {
        assertThat(VlanId.check(1)).isEqualTo(1);
        assertThat(VlanId.check(4094)).isEqualTo(4094);
        for (final int wrong : new int[] {0, -1, 4095, 5000, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> VlanId.check(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("use 1..4094");
            assertThatThrownBy(() -> VlanSet.of(wrong))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(VlanSet.range(1, 4094).contains(wrong)).isFalse();
        }
        assertThatThrownBy(() -> VlanSet.range(5, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("VLAN range 5-4 is backwards");
    }

    @Test
    void shouldBehaveLikeASet() {
        Seed.forEach(
                1,
                200,
                random -> {
                    final TreeSet<Integer> model = new TreeSet<>();
                    final VlanSet.Builder builder = new VlanSet.Builder();
                    for (int i = random.nextInt(300); i > 0; i--) {
                        final int vlanId = random.nextInt(1, 4095);
                        model.add(vlanId);
                        builder.add(vlanId);
                    }
                    final VlanSet set = builder.build();
                    builder.addRange(1, 4094);
                    assertThat(set.size()).isEqualTo(model.size());
                    assertThat(set.isEmpty()).isEqualTo(model.isEmpty());
                    assertThat(set.stream().boxed()).containsExactlyElementsOf(model);
                    assertThat(set)
                            .isEqualTo(
                                    VlanSet.of(
                                            model.stream().mapToInt(Integer::intValue).toArray()))
                            .hasSameHashCodeAs(
                                    VlanSet.of(
                                            model.stream().mapToInt(Integer::intValue).toArray()));
                    if (!model.isEmpty()) {
                        assertThat(VlanSet.parse(set.toString())).isEqualTo(set);
                    }
                    for (int from = 0; from <= 4100; from++) {
                        final Integer next = model.ceiling(from);
                        assertThat(set.next(from)).isEqualTo(next == null ? VlanSet.NONE : next);
                    }
                });
    }

    @Test
    void shouldCombine() {
        final VlanSet left = VlanSet.parse("1-10,100");
        final VlanSet right = VlanSet.parse("5-20,4094");
        assertThat(left.plus(right)).hasToString("1-20,100,4094");
        assertThat(left.minus(right)).hasToString("1-4,100");
        assertThat(left.and(right)).hasToString("5-10");
        assertThat(left.containsAll(VlanSet.of(1, 100))).isTrue();
        assertThat(left.containsAll(right)).isFalse();
        assertThat(left.minus(left)).isEqualTo(VlanSet.EMPTY).hasToString("none");
    }

    @Test
    void shouldTellTheLowestIds() {
        final VlanSet set = VlanSet.parse("5-9,100,4094");
        assertThat(set.first(1)).isEqualTo(VlanSet.of(5));
        assertThat(set.first(6)).isEqualTo(VlanSet.parse("5-9,100"));
        assertThat(set.first(7)).isEqualTo(set);
        assertThat(set.first(4094)).isEqualTo(set);
        assertThat(VlanSet.EMPTY.first(3)).isEqualTo(VlanSet.EMPTY);
    }
}
