"""Every sentence the bot says by itself, in Simplified Chinese."""

TITLE = "客户服务"
TAGLINE = "用您自己的话提问即可"
GREETING = "您好！有什么可以帮您？"
CLARIFY = "我不太确定是否理解了您的意思。您想问的是以下哪一项？"
NOT_UNDERSTOOD = "这个问题我可能答不上来。您想问的是否与以下某一项有关？"
NONE_OF_THESE = "都不是"
WHICH = "您指的是以下哪一项？"
REPHRASE = "抱歉，没有听懂。能换一种说法吗？"
HAND_OVER = "正在为您转接人工客服，同事会在这里回复您。"
HANDED_BACK = "同事已将对话交还给我（智能助手）。还有什么可以帮您？"
NOT_HELPFUL = "抱歉没能帮到您。能换一种说法再问一次吗？"
BUSY = "现在无法回答。您的文字还在下面的输入框里，请稍后再发送一次。"
TOO_LONG = "这段文字有 {length:,} 个字符，请控制在 {limit:,} 个以内。"
EMPTY = "内容为空，请写几个字。"
WAITING = "人工客服会在这里回复您。您可以继续留言。"

YES = frozenset(
    {"是", "是的", "对", "对的", "对啊", "没错", "嗯", "嗯嗯", "好", "好的", "可以", "就是这个", "这个", "yes", "ok"}
)
NONE = frozenset({"不", "不是", "不是的", "不对", "没有", "都不是", "都不对", "都没有", "其他", "别的", "no"})
PLACES: tuple[frozenset[str], ...] = (
    frozenset({"1", "一", "第一", "第一个", "第一项", "第1个", "第1项"}),
    frozenset({"2", "二", "第二", "第二个", "第二项", "第2个", "第2项"}),
    frozenset({"3", "三", "第三", "第三个", "第三项", "第3个", "第3项"}),
)
