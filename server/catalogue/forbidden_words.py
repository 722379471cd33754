"""The words of forbidden data, group by group (Art. 63; Shandong Art. 42).

Every group is wide on purpose and narrowed by the phrases in which the same word is lawful: what a company
earns or owes, what an authority or a firm is called, what an advertisement claimed. A lawful phrase that is
missing here blocks a filing with a clear reason; a forbidden word that is missing here breaks the law.

All patterns see text without spaces and punctuation, in lower case (see `forbidden.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NEVER = r"(?!)"
_PERSON = r"(?:个人|家庭|本人|夫妻|配偶|父母|子女|名下|其妻|其夫|私人)"
_AMOUNT = r"[0-9一二三四五六七八九十百千万两]"


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of forbidden data. Every Chinese word of it holds one of the `hints`, so that most texts
    pass quickly. `always` is searched in the whole text, `pattern` in what remains without the `excused`
    phrases, `key` in keys only. `by_agreement`: a written agreement may open it."""

    rule: str
    by_agreement: bool
    hints: frozenset[str]
    pattern: re.Pattern[str]
    excused: re.Pattern[str]
    always: re.Pattern[str]
    key: re.Pattern[str]


def _group(
    rule: str,
    hints: str,
    pattern: str,
    excused: str,
    always: str = _NEVER,
    key: str = _NEVER,
    opens: bool = False,
) -> Group:
    words = (re.compile(each) for each in (pattern, excused, always, key))
    return Group(rule, opens, frozenset(hints), *words)


_INCOME = _group(
    "forbidden_income",
    "收薪资得",
    r"收入|年薪|月薪|薪金|薪水|薪酬|薪资|工资|奖金所得|劳务所得|annualincome|monthlyincome|personalincome"
    r"|salary",
    r"(?:营业外?|主营|业务|销售|经营|非法|违法|财政|票款|门票|租金|租赁|广告|学费|收费|服务费?|工程|项目"
    r"|产品|商品|应税|计税|含税"
    r"|免税|虚增|虚构|虚列|隐匿|隐瞒|少列|不列|少计|少记|少报|转移|截留|坐支|全部|相关|预|总|企业|公司"
    r"|该单位|药品|医疗|罚没|集体)的?收入"
    r"|收入(?:确认|未入账|不入账|未申报|少申报|凭证|账簿|明细账|未开具|囊中)"
    r"|(?:拖欠|克扣|欠发|欠付|支付|拒付|拒不支付|追讨|清偿|补发|无故拖欠|欠)[\u4e00-\u9fff0-9]{0,24}?工资"
    r"|工资(?:保证金|支付|专用账户|专户|发放|清偿|报酬|指导|集体协商|标准|表|台账)|最低工资|农民工工资"
    r"|克扣工资|薪酬管理",
    always=rf"{_PERSON}[\u4e00-\u9fff]{{0,8}}(?:收入|工资|薪)|(?:年|月|人均|工资|劳务|劳动|薪金|奖金|退休"
    rf"|灰色)收入(?!保证)"
    rf"|(?:月|年)工资|工资卡|工资条|工资流水|收入(?:证明|水平|状况|情况|来源)",
    key=r"工资|薪|所得额",
    opens=True,
)
_DEPOSIT = _group(
    "forbidden_deposit",
    "存储余流",
    r"存款|储蓄|存折|(?:银行|账户|帐户|卡内|微信|支付宝)余额|银行流水|bankdeposit|savingsaccount|bankbalance",
    r"吸收(?:或者?变相吸收)?(?:社会|公众|的)*存款|变相吸收[\u4e00-\u9fff]{0,6}存款|(?:公众|高息|揽|吸)存款"
    r"|存款保险|存款(?:业务|利率|准备金"
    r"|保险|人|类机构|机构|考核|偏离度)|(?:划拨|扣划|冻结|查询|冻结划拨)(?:的|其|单位|银行|账户"
    r"|被执行人)*存款|邮政储蓄|储蓄(?:银行|所|机构"
    r"|国债|业务|网点|支行)|单位存款|保证金存款",
    always=rf"{_PERSON}[\u4e00-\u9fff]{{0,8}}(?:存款|储蓄|余额)|存款[为约有共计达]?{_AMOUNT}+(?:余)?[万元]"
    rf"|存款(?:证明|余额|账号|帐号)",
    opens=True,
)
_SECURITIES = _group(
    "forbidden_securities",
    "券股票基债期理",
    r"有价证券|(?:证券|股票|基金|期货|理财)(?:账户|帐户|账号|资产|市值|持仓|余额)|理财产品"
    r"|securitiesaccount|stockholdings",
    r"(?:没收|查封|扣押|冻结|伪造|变造)[\u4e00-\u9fff]{0,8}有价证券|(?:销售|代销|发行|推介|宣传"
    r"|违规)[\u4e00-\u9fff]{0,8}理财产品|理财产品(?:销售|宣传"
    r"|信息披露|代销|推介)|(?:出借|借用|冒用|操纵)[\u4e00-\u9fff]{0,6}(?:证券|期货)账户",
    always=rf"{_PERSON}[\u4e00-\u9fff]{{0,8}}(?:股票|基金|债券|证券|理财|期货)|持有(?:的)?(?:股票|基金"
    rf"|债券|理财)",
    key=r"证券|股票|债券",
    opens=True,
)
_INSURANCE = _group(
    "forbidden_insurance",
    "险保",
    r"商业(?:养老|医疗|健康|人身)?保险|商业险|重疾险|分红险|年金险|年金保险|寿险|意外险|人身保险|人寿保险"
    r"|健康保险"
    r"|意外伤害保险|保单|commercialinsurance|lifeinsurance|insurancepolicy",
    r"(?:人寿|人身|健康|商业|养老|财产)保险(?:股份|有限|集团|公司|机构|代理|经纪|公估|中心支公司|支公司"
    r"|营业部|合同业务|业务|产品|销售|从业|市场|条款|费率)"
    r"|未[\u4e00-\u9fff]{0,12}(?:投保|购买|办理|参加|缴纳)[\u4e00-\u9fff]{0,12}?(?:保险|险)|(?:虚假|伪造"
    r"|销售|误导|代理|骗取|编造)[\u4e00-\u9fff]{0,8}"
    r"(?:保单|寿险|人身保险|人寿保险|健康保险|意外险|商业保险)|再保险",
    always=rf"{_PERSON}[\u4e00-\u9fff]{{0,8}}(?:商业保险|商业险|寿险|重疾险|意外险|医疗险|人身保险"
    rf"|健康保险|保单)|保单(?:号|现金价值|受益人|金额)"
    r"|(?:购买|投保|买)了[\u4e00-\u9fff]{0,8}(?:保险|险)",
    opens=True,
)
_PROPERTY = _group(
    "forbidden_real_estate",
    "产房宅铺墅寓",
    r"不动产|房产|房屋产权|产权房|房屋所有权|realestate|houseproperty|propertyownership",
    r"不动产(?:登记|交易中心|权籍|测绘|评估|统一登记|服务中心|单元|融资)|(?:伪造|变造|涂改|骗取"
    r"|虚假)[\u4e00-\u9fff]{0,6}(?:不动产|房产|房屋)[\u4e00-\u9fff]{0,6}证书?"
    r"|房产(?:税|开发|经纪|中介|评估|管理|交易|局|公司|置业|测绘|服务|营销|销售|信息|咨询|建设|有限|企业"
    r"|集团|行业|项目|广告|领域)"
    r"|(?:查封|扣押|拍卖|变卖|征收|处置|腾退|返还|交付|移交|过户)[\u4e00-\u9fff]{0,6}(?:不动产|房产)",
    always=rf"{_PERSON}[\u4e00-\u9fff]{{0,8}}(?:不动产|房产|住房|住宅|商铺|房屋|别墅|公寓|{_AMOUNT}套房)"
    rf"|(?:房产|不动产)[\u4e00-\u9fff]{{0,2}}{_AMOUNT}+[套处平]"
    r"|不动产权?证号|房产证号",
    key=r"房产|不动产|房屋",
)
_TAX = _group(
    "forbidden_tax_amount",
    "税",
    rf"纳税(?:数额|金额|总额|额)|缴税(?:数额|金额|总额|额)|完税(?:数额|金额|额|证明)|年纳税|累计纳税"
    rf"|纳税{_AMOUNT}+[万元]"
    rf"|(?:缴纳|缴)(?:个人所得税|个税|税款)[为约共计达]?{_AMOUNT}+|taxamount|taxpaid|amountoftaxpaid",
    r"(?:少缴|未缴|不缴|欠缴|偷逃|逃避|追缴|补缴|拖欠|欠|偷|骗取"
    r"|抗缴)[\u4e00-\u9fff0-9]{0,10}?纳税额?(?:款|额)?|占应纳税额|应纳税额(?:的|百分之|比例)"
    r"|(?:少缴|未缴|不缴|欠缴|未按期缴纳|不按期缴纳|补缴|追缴|拖欠|未按规定缴纳|代扣代缴|少缴纳|未缴纳"
    r"|不缴纳|逾期缴纳)(?:的)?(?:个人所得税|个税|税款)",
    always=rf"{_PERSON}[\u4e00-\u9fff]{{0,6}}纳税(?:数额|金额|总额|额)",
)
_RELIGION = _group(
    "forbidden_religion",
    "教信徒仰督穆皈洗伊",
    r"宗教|信仰|教徒|信徒|佛教|道教(?![育师学室委材职导练官科务授改堂程])|基督|天主教(?![练师育])|伊斯兰"
    r"|穆斯林|信教(?![育师学室委材职导练官科务授改程])"
    r"|皈依|受洗|religio|faithaffiliation",
    r"宗教(?:活动|事务|局|协会|团体|院校|教职人员管理|用品|场所|工作|出版物|文化|建筑|财产|政策|法规|条例"
    r"|组织登记|管理|界人士代表)|民族宗教(?:事务|局|委员会|工作)"
    r"|(?:非法|违法|擅自)宗教|(?:佛教|道教|基督教|天主教|伊斯兰教)(?:协会|协进会|爱国会|三自|堂|教堂|寺"
    r"|学院|文化|用品|场所|活动场所|音乐|建筑)"
    r"|(?:理想|红色|革命|共产主义|马克思主义|政治|科学|法治|崇高)信仰|信仰(?:之光|之路|的力量|力量|教育"
    r"|坚定)|穆斯林(?:餐|饭|食品|用品|拉面|面馆)|天主堂|基督教堂",
    always=r"宗教信仰|信仰(?:佛|道|基督|天主|伊斯兰|耶稣|真主|上帝|宗教)|信(?:奉|佛|基督|天主|耶稣"
    r"|真主)(?!息)",
)
_GENES = _group(
    "forbidden_genes",
    "基染遗",
    r"基因|染色体|遗传(?:病|信息|史|疾病|缺陷|特征)|(?<![a-z])dna(?![a-z])|geneticdata|geneticinformation"
    r"|genome",
    r"(?:非?转|红色|文化|廉洁|精神|城市|诚信)基因|基因(?:诊断与治疗技术|科技|生物|工程|技术|公司|有限|股份"
    r"|产业|药物|编辑|重组|测序(?:仪|服务|技术|有限)|检测(?:有限|中心|公司|机构|技术"
    r"|服务|试剂|业务|仪|设备))|(?<![a-z])dna(?:提取仪|试剂|合成仪|检测(?:有限|中心|公司|机构|仪|试剂))",
    key=r"基因|遗传",
)
_FINGERPRINT = _group(
    "forbidden_fingerprint",
    "纹模印",
    r"指纹|掌纹|指模|手印数据|fingerprint|palmprint",
    r"指纹(?:锁|考勤机|打卡机|膜|门禁|密码锁|保险柜|识别(?:锁|器|仪|模块|系统|技术|设备|芯片)|机|模组"
    r"|芯片)|(?:设备|数字|浏览器|视频|文件|证书|图谱)指纹|指纹图谱",
)
_BLOOD = _group(
    "forbidden_blood_type",
    "血阴阳型",
    r"(?<![出溶贫缺采补供败高低])血型|(?<![a-z])(?:a|b|ab|o)型血(?![泵糖压氧液清浆管球细透])|rh阴性|rh阳性|熊猫血|bloodtype"
    r"|bloodgroup",
    r"血型(?:检测)?(?:定型)?(?:试剂|卡|分析仪|血清|离心机|检测仪)",
    always=r"血型(?:为|是|系|属|鉴定为|结果为?)?(?:rh[阴阳]?性?)?(?:ab|a|b|o)(?![a-z])|血型(?:为|是|系"
    r"|属)(?!检测|试剂|定型)",
)
_DISEASES = (
    r"(?:高血压|糖尿病|高血脂|冠心病|心脏病|心肌梗|心梗|脑梗|脑溢血|脑出血|中风|癌|肿瘤|白血病|艾滋|hiv"
    r"|梅毒|淋病|尖锐湿疣|性病史|乙肝|丙肝|甲肝"
    r"|肝炎|肝硬化|肺结核|结核病|肺炎|新冠|哮喘|肾病|肾炎|尿毒症|抑郁|精神病|精神分裂|精神障碍|精神疾病"
    r"|躁狂|癫痫|痴呆|帕金森|传染病|慢性病"
    r"|重大疾病|罕见病|先天病|红斑狼疮|甲亢|痛风|关节炎|不孕|不育|疾病|绝症)"
)
_CLAIMS = (
    r"(?:宣称|声称|宣传|广告|功效|疗效|适应症|适应证|主治|标称|标注|暗示|明示|说明书|标签|页面|夸大|虚构"
    r"|谎称|吹嘘|推销|海报|视频|保健食品|药品|产品|食品"
    r"|医疗器械)[\u4e00-\u9fff0-9]{0,30}?(?:治疗|治愈|预防|防治|根治|缓解|改善|降低|抗|对|调理|消除|用于"
    r"|适用)[\u4e00-\u9fff0-9]{0,10}?"
)
_ILLNESS = _group(
    "forbidden_illness",
    "病患诊症癌瘤炎压糖脂梗风溢出艾滋毒淋疣肝核冠喘郁裂碍躁痫痴帕疮亢痛孕育疾",
    _DISEASES
    + r"|病史|病历|病情|患有|罹患|身患|患者|既往症|确诊|诊断证明|aids(?![a-z])|cancer|diabetes|hypertension"
    r"|hepatitis"
    r"|medicalhistory|medicalrecord|healthcondition|diseasehistory|bloodpressure",
    rf"{_CLAIMS}(?:{_DISEASES}(?:症|患者|等|和|及|或)*)+"
    r"|(?:非|动物|植物|水产|牲畜|畜禽|家禽|作物|涉及|常见)疾病|疾病(?:的)?(?:预防|防治|防控|控制|应急"
    r"|救助基金|治疗(?:功能|作用|效果|内容|用语)|名称)"
    r"|患有(?:国务院卫生行政部门规定的)?有碍食品安全(?:的)?疾病|有碍食品安全(?:的)?疾病|(?:患有"
    r"|感染)[\u4e00-\u9fff]{0,6}(?:动物|畜禽|生猪|猪|牛|羊|禽)"
    r"|(?:动物|畜禽|人畜共患)传染病|(?:人畜共患|动植物)病|传染病(?:科|专业|防治|防控|医院|法|疫情|报告"
    r"|预检|分诊|管理|信息报告|监测)"
    r"|(?:未按规定|未|未依法|未及时|不按规定|伪造|篡改|隐匿|销毁|书写|填写|保管|补记"
    r"|规范)[\u4e00-\u9fff]{0,12}?(?:病历|病史)|病历(?:资料|书写|管理|保管|质量)"
    r"|(?:出具|虚假|伪造|开具)[\u4e00-\u9fff]{0,8}诊断证明书?|(?:肿瘤|癌症|精神病|精神疾病|结核病|肝病"
    r"|肾病|糖尿病|心脏病|皮肤病|传染病|痛风|癫痫|不孕不育|肝炎)"
    r"(?:专科)?(?:医院|防治院|防治所|防治中心|研究所|研究院|科|专业|康复|专科|门诊部|诊所|药品|用药"
    r"|检测试剂|疫苗)|(?:抗|防|致)(?:肿瘤|癌)(?:物|药|剂|性)?"
    r"|乙肝(?:疫苗|检测试剂)|肺炎疫苗|新冠(?:疫苗|检测|疫情|肺炎疫情|防控|病毒(?:检测|抗原))|疫情防控"
    r"|(?:诱导|骗取|组织|服务|救治|招揽|向)[\u4e00-\u9fff]{0,4}患者"
    r"|患者(?:家属|安全|隐私|满意|知情|投诉|服务|权益|利益)|中风险|中风光|集中风|(?:服装|鞋|鸡|犬|猪|牛|羊"
    r"|禽)[\u4e00-\u9fff]{0,3}病",
    always=rf"(?<!经营)(?<!销售)(?<!屠宰)(?<!加工)(?:患有?|罹患|身患|曾患|得了|确诊为?|诊断为|诊断出|检出"
    rf"|查出|感染了?)"
    rf"(?!有?(?:国务院卫生行政部门规定的)?有碍食品安全)[\u4e00-\u9fff]{{0,4}}?"
    rf"(?!动物|畜禽|传染病防治)(?:{_DISEASES}|职业病|[\u4e00-\u9fff]{{1,4}}(?:病|癌|瘤|症)(?!毒|害|死|原"
    rf"|虫|防治))"
    r"|因病(?:住院|就医|去世|死亡|休|治疗|退|致|请假|卧床)|(?:有|其|家族|既往|个人"
    r"|本人)[\u4e00-\u9fff]{0,6}病史|患(?:重|大|疾)病",
    key=r"健康|病|疾|用药|症",
)

GROUPS = (
    _RELIGION,
    _GENES,
    _FINGERPRINT,
    _BLOOD,
    _ILLNESS,
    _PROPERTY,
    _TAX,
    _INCOME,
    _DEPOSIT,
    _SECURITIES,
    _INSURANCE,
)

KEY_WORDS = {
    "forbidden_religion": frozenset({"religion", "religious", "faith", "belief", "zongjiao", "xinyang"}),
    "forbidden_genes": frozenset({"gene", "genes", "genetic", "genetics", "genome", "dna", "jiyin"}),
    "forbidden_fingerprint": frozenset({"fingerprint", "fingerprints", "zhiwen"}),
    "forbidden_blood_type": frozenset({"bloodtype", "xuexing"}),
    "forbidden_illness": frozenset(
        {
            "illness",
            "disease",
            "diseases",
            "diagnosis",
            "medical",
            "health",
            "sickness",
            "disorder",
            "bingshi",
            "jibing",
        }
    ),
    "forbidden_real_estate": frozenset({"realestate", "house", "houses", "housing", "estate", "fangchan"}),
    "forbidden_tax_amount": frozenset({"taxpaid", "taxes"}),
    "forbidden_income": frozenset(
        {"income", "incomes", "salary", "salaries", "wage", "wages", "shouru", "gongzi"}
    ),
    "forbidden_deposit": frozenset({"deposit", "deposits", "savings", "cunkuan"}),
    "forbidden_securities": frozenset({"securities", "stock", "stocks", "shares", "bonds"}),
    "forbidden_insurance": frozenset({"insurance", "insurances"}),
}
"""English and Pinyin words that make a key forbidden by themselves."""

ORGANISATION = re.compile(
    r"[\w\u4e00-\u9fff]{2,36}(?:公司|集团|中心|局|委员会|医院|卫生院|门诊部|诊所|协会|学会|商会|基金会"
    r"|合作社|联合社|研究院|研究所|学院|学校|大学"
    r"|银行|支行|分行|营业部|经营部|商店|药店|药房|超市|工作室|事务所|寺|教堂|清真寺|厂|办公室|服务站"
    r"|防治所|防治院|法院|政府|大队|支队)"
)
"""A value that is the name of an organisation and nothing else: what it is called is no one's private
life."""

PERSONAL_WORDS = re.compile(
    rf"{_PERSON}|患|病人|病史|确诊|诊断|信仰|信奉|信佛|皈依|收入|工资|薪|存款|存折|余额|购买|持有|住院"
    rf"|血型|指纹|[0-9]{{2}}|某|先生|女士|其|的|是|徒|病者"
)
"""What never belongs to the name of an organisation and therefore ends that excuse."""

TRADITIONAL = str.maketrans(
    "紋動產納稅額證險遺傳癥診斷個銀資財儲債國醫療歷況療親養壽償體貧結學業積繳總數據婦夫質屬購買價幣賬帳戶單",
    "纹动产纳税额证险遗传症诊断个银资财储债国医疗历况疗亲养寿偿体贫结学业积缴总数据妇夫质属购买价币账账户单",
)
"""Traditional characters of the words above; compatibility forms are folded before."""
