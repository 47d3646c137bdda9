/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What REDISC_STRS, REDISC_PAIRS and REDISC_SCORED are made of: applying REDISC_STR to each of a
 * macro's arguments. Nothing here is for direct use.
 */
#ifndef REDISC_EACH_H
#define REDISC_EACH_H

#define REDISC_PASTE_(a, b) REDISC_PASTE_NOW_(a, b)
#define REDISC_PASTE_NOW_(a, b) a##b
/* One argument more than named, so that the variadic part is never empty. */
#define REDISC_COUNT_(...)                                                                         \
    REDISC_COUNT_PICK_(__VA_ARGS__, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50,    \
                       49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, \
                       30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, \
                       11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define REDISC_COUNT_PICK_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16,  \
                           a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30,   \
                           a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44,   \
                           a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58,   \
                           a59, a60, a61, a62, a63, a64, n, ...)                                   \
    n

#define REDISC_EACH_STR_(...) REDISC_PASTE_(REDISC_STR_, REDISC_COUNT_(__VA_ARGS__))(__VA_ARGS__)
#define REDISC_EACH_SCORED_(...)                                                                   \
    REDISC_PASTE_(REDISC_SCORED_, REDISC_COUNT_(__VA_ARGS__))(__VA_ARGS__)
#define REDISC_EACH_PAIR_(...) REDISC_PASTE_(REDISC_PAIR_, REDISC_COUNT_(__VA_ARGS__))(__VA_ARGS__)

#define REDISC_STR_1(a) REDISC_STR(a)
#define REDISC_STR_2(a, ...) REDISC_STR(a), REDISC_STR_1(__VA_ARGS__)
#define REDISC_STR_3(a, ...) REDISC_STR(a), REDISC_STR_2(__VA_ARGS__)
#define REDISC_STR_4(a, ...) REDISC_STR(a), REDISC_STR_3(__VA_ARGS__)
#define REDISC_STR_5(a, ...) REDISC_STR(a), REDISC_STR_4(__VA_ARGS__)
#define REDISC_STR_6(a, ...) REDISC_STR(a), REDISC_STR_5(__VA_ARGS__)
#define REDISC_STR_7(a, ...) REDISC_STR(a), REDISC_STR_6(__VA_ARGS__)
#define REDISC_STR_8(a, ...) REDISC_STR(a), REDISC_STR_7(__VA_ARGS__)
#define REDISC_STR_9(a, ...) REDISC_STR(a), REDISC_STR_8(__VA_ARGS__)
#define REDISC_STR_10(a, ...) REDISC_STR(a), REDISC_STR_9(__VA_ARGS__)
#define REDISC_STR_11(a, ...) REDISC_STR(a), REDISC_STR_10(__VA_ARGS__)
#define REDISC_STR_12(a, ...) REDISC_STR(a), REDISC_STR_11(__VA_ARGS__)
#define REDISC_STR_13(a, ...) REDISC_STR(a), REDISC_STR_12(__VA_ARGS__)
#define REDISC_STR_14(a, ...) REDISC_STR(a), REDISC_STR_13(__VA_ARGS__)
#define REDISC_STR_15(a, ...) REDISC_STR(a), REDISC_STR_14(__VA_ARGS__)
#define REDISC_STR_16(a, ...) REDISC_STR(a), REDISC_STR_15(__VA_ARGS__)
#define REDISC_STR_17(a, ...) REDISC_STR(a), REDISC_STR_16(__VA_ARGS__)
#define REDISC_STR_18(a, ...) REDISC_STR(a), REDISC_STR_17(__VA_ARGS__)
#define REDISC_STR_19(a, ...) REDISC_STR(a), REDISC_STR_18(__VA_ARGS__)
#define REDISC_STR_20(a, ...) REDISC_STR(a), REDISC_STR_19(__VA_ARGS__)
#define REDISC_STR_21(a, ...) REDISC_STR(a), REDISC_STR_20(__VA_ARGS__)
#define REDISC_STR_22(a, ...) REDISC_STR(a), REDISC_STR_21(__VA_ARGS__)
#define REDISC_STR_23(a, ...) REDISC_STR(a), REDISC_STR_22(__VA_ARGS__)
#define REDISC_STR_24(a, ...) REDISC_STR(a), REDISC_STR_23(__VA_ARGS__)
#define REDISC_STR_25(a, ...) REDISC_STR(a), REDISC_STR_24(__VA_ARGS__)
#define REDISC_STR_26(a, ...) REDISC_STR(a), REDISC_STR_25(__VA_ARGS__)
#define REDISC_STR_27(a, ...) REDISC_STR(a), REDISC_STR_26(__VA_ARGS__)
#define REDISC_STR_28(a, ...) REDISC_STR(a), REDISC_STR_27(__VA_ARGS__)
#define REDISC_STR_29(a, ...) REDISC_STR(a), REDISC_STR_28(__VA_ARGS__)
#define REDISC_STR_30(a, ...) REDISC_STR(a), REDISC_STR_29(__VA_ARGS__)
#define REDISC_STR_31(a, ...) REDISC_STR(a), REDISC_STR_30(__VA_ARGS__)
#define REDISC_STR_32(a, ...) REDISC_STR(a), REDISC_STR_31(__VA_ARGS__)
#define REDISC_STR_33(a, ...) REDISC_STR(a), REDISC_STR_32(__VA_ARGS__)
#define REDISC_STR_34(a, ...) REDISC_STR(a), REDISC_STR_33(__VA_ARGS__)
#define REDISC_STR_35(a, ...) REDISC_STR(a), REDISC_STR_34(__VA_ARGS__)
#define REDISC_STR_36(a, ...) REDISC_STR(a), REDISC_STR_35(__VA_ARGS__)
#define REDISC_STR_37(a, ...) REDISC_STR(a), REDISC_STR_36(__VA_ARGS__)
#define REDISC_STR_38(a, ...) REDISC_STR(a), REDISC_STR_37(__VA_ARGS__)
#define REDISC_STR_39(a, ...) REDISC_STR(a), REDISC_STR_38(__VA_ARGS__)
#define REDISC_STR_40(a, ...) REDISC_STR(a), REDISC_STR_39(__VA_ARGS__)
#define REDISC_STR_41(a, ...) REDISC_STR(a), REDISC_STR_40(__VA_ARGS__)
#define REDISC_STR_42(a, ...) REDISC_STR(a), REDISC_STR_41(__VA_ARGS__)
#define REDISC_STR_43(a, ...) REDISC_STR(a), REDISC_STR_42(__VA_ARGS__)
#define REDISC_STR_44(a, ...) REDISC_STR(a), REDISC_STR_43(__VA_ARGS__)
#define REDISC_STR_45(a, ...) REDISC_STR(a), REDISC_STR_44(__VA_ARGS__)
#define REDISC_STR_46(a, ...) REDISC_STR(a), REDISC_STR_45(__VA_ARGS__)
#define REDISC_STR_47(a, ...) REDISC_STR(a), REDISC_STR_46(__VA_ARGS__)
#define REDISC_STR_48(a, ...) REDISC_STR(a), REDISC_STR_47(__VA_ARGS__)
#define REDISC_STR_49(a, ...) REDISC_STR(a), REDISC_STR_48(__VA_ARGS__)
#define REDISC_STR_50(a, ...) REDISC_STR(a), REDISC_STR_49(__VA_ARGS__)
#define REDISC_STR_51(a, ...) REDISC_STR(a), REDISC_STR_50(__VA_ARGS__)
#define REDISC_STR_52(a, ...) REDISC_STR(a), REDISC_STR_51(__VA_ARGS__)
#define REDISC_STR_53(a, ...) REDISC_STR(a), REDISC_STR_52(__VA_ARGS__)
#define REDISC_STR_54(a, ...) REDISC_STR(a), REDISC_STR_53(__VA_ARGS__)
#define REDISC_STR_55(a, ...) REDISC_STR(a), REDISC_STR_54(__VA_ARGS__)
#define REDISC_STR_56(a, ...) REDISC_STR(a), REDISC_STR_55(__VA_ARGS__)
#define REDISC_STR_57(a, ...) REDISC_STR(a), REDISC_STR_56(__VA_ARGS__)
#define REDISC_STR_58(a, ...) REDISC_STR(a), REDISC_STR_57(__VA_ARGS__)
#define REDISC_STR_59(a, ...) REDISC_STR(a), REDISC_STR_58(__VA_ARGS__)
#define REDISC_STR_60(a, ...) REDISC_STR(a), REDISC_STR_59(__VA_ARGS__)
#define REDISC_STR_61(a, ...) REDISC_STR(a), REDISC_STR_60(__VA_ARGS__)
#define REDISC_STR_62(a, ...) REDISC_STR(a), REDISC_STR_61(__VA_ARGS__)
#define REDISC_STR_63(a, ...) REDISC_STR(a), REDISC_STR_62(__VA_ARGS__)
#define REDISC_STR_64(a, ...) REDISC_STR(a), REDISC_STR_63(__VA_ARGS__)

#define REDISC_PAIR_2(a, b)                                                                        \
    {                                                                                              \
        REDISC_STR(a), REDISC_STR(b)                                                               \
    }
#define REDISC_PAIR_4(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_2(__VA_ARGS__)
#define REDISC_PAIR_6(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_4(__VA_ARGS__)
#define REDISC_PAIR_8(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_6(__VA_ARGS__)
#define REDISC_PAIR_10(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_8(__VA_ARGS__)
#define REDISC_PAIR_12(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_10(__VA_ARGS__)
#define REDISC_PAIR_14(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_12(__VA_ARGS__)
#define REDISC_PAIR_16(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_14(__VA_ARGS__)
#define REDISC_PAIR_18(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_16(__VA_ARGS__)
#define REDISC_PAIR_20(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_18(__VA_ARGS__)
#define REDISC_PAIR_22(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_20(__VA_ARGS__)
#define REDISC_PAIR_24(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_22(__VA_ARGS__)
#define REDISC_PAIR_26(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_24(__VA_ARGS__)
#define REDISC_PAIR_28(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_26(__VA_ARGS__)
#define REDISC_PAIR_30(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_28(__VA_ARGS__)
#define REDISC_PAIR_32(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_30(__VA_ARGS__)
#define REDISC_PAIR_34(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_32(__VA_ARGS__)
#define REDISC_PAIR_36(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_34(__VA_ARGS__)
#define REDISC_PAIR_38(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_36(__VA_ARGS__)
#define REDISC_PAIR_40(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_38(__VA_ARGS__)
#define REDISC_PAIR_42(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_40(__VA_ARGS__)
#define REDISC_PAIR_44(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_42(__VA_ARGS__)
#define REDISC_PAIR_46(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_44(__VA_ARGS__)
#define REDISC_PAIR_48(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_46(__VA_ARGS__)
#define REDISC_PAIR_50(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_48(__VA_ARGS__)
#define REDISC_PAIR_52(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_50(__VA_ARGS__)
#define REDISC_PAIR_54(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_52(__VA_ARGS__)
#define REDISC_PAIR_56(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_54(__VA_ARGS__)
#define REDISC_PAIR_58(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_56(__VA_ARGS__)
#define REDISC_PAIR_60(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_58(__VA_ARGS__)
#define REDISC_PAIR_62(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_60(__VA_ARGS__)
#define REDISC_PAIR_64(a, b, ...) REDISC_PAIR_2(a, b), REDISC_PAIR_62(__VA_ARGS__)

#define REDISC_SCORED_2(a, b)                                                                      \
    {                                                                                              \
        (a), REDISC_STR(b)                                                                         \
    }
#define REDISC_SCORED_4(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_2(__VA_ARGS__)
#define REDISC_SCORED_6(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_4(__VA_ARGS__)
#define REDISC_SCORED_8(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_6(__VA_ARGS__)
#define REDISC_SCORED_10(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_8(__VA_ARGS__)
#define REDISC_SCORED_12(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_10(__VA_ARGS__)
#define REDISC_SCORED_14(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_12(__VA_ARGS__)
#define REDISC_SCORED_16(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_14(__VA_ARGS__)
#define REDISC_SCORED_18(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_16(__VA_ARGS__)
#define REDISC_SCORED_20(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_18(__VA_ARGS__)
#define REDISC_SCORED_22(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_20(__VA_ARGS__)
#define REDISC_SCORED_24(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_22(__VA_ARGS__)
#define REDISC_SCORED_26(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_24(__VA_ARGS__)
#define REDISC_SCORED_28(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_26(__VA_ARGS__)
#define REDISC_SCORED_30(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_28(__VA_ARGS__)
#define REDISC_SCORED_32(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_30(__VA_ARGS__)
#define REDISC_SCORED_34(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_32(__VA_ARGS__)
#define REDISC_SCORED_36(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_34(__VA_ARGS__)
#define REDISC_SCORED_38(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_36(__VA_ARGS__)
#define REDISC_SCORED_40(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_38(__VA_ARGS__)
#define REDISC_SCORED_42(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_40(__VA_ARGS__)
#define REDISC_SCORED_44(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_42(__VA_ARGS__)
#define REDISC_SCORED_46(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_44(__VA_ARGS__)
#define REDISC_SCORED_48(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_46(__VA_ARGS__)
#define REDISC_SCORED_50(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_48(__VA_ARGS__)
#define REDISC_SCORED_52(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_50(__VA_ARGS__)
#define REDISC_SCORED_54(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_52(__VA_ARGS__)
#define REDISC_SCORED_56(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_54(__VA_ARGS__)
#define REDISC_SCORED_58(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_56(__VA_ARGS__)
#define REDISC_SCORED_60(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_58(__VA_ARGS__)
#define REDISC_SCORED_62(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_60(__VA_ARGS__)
#define REDISC_SCORED_64(a, b, ...) REDISC_SCORED_2(a, b), REDISC_SCORED_62(__VA_ARGS__)

#endif
