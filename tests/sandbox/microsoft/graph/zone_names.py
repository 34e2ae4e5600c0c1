"""The names of time zones that Exchange knows (facts 1.6)."""

_FROM_WINDOWS = """
Dateline Standard Time = Etc/GMT+12
UTC-11 = Etc/GMT+11
Aleutian Standard Time = America/Adak
Hawaiian Standard Time = Pacific/Honolulu
Marquesas Standard Time = Pacific/Marquesas
Alaskan Standard Time = America/Anchorage
UTC-09 = Etc/GMT+9
British Columbia Standard Time = America/Vancouver
Pacific Standard Time = America/Los_Angeles
Pacific Standard Time (Mexico) = America/Tijuana
UTC-08 = Etc/GMT+8
Alberta Standard Time = America/Edmonton
Mountain Standard Time = America/Denver
Mountain Standard Time (Mexico) = America/Mazatlan
US Mountain Standard Time = America/Phoenix
Yukon Standard Time = America/Whitehorse
Canada Central Standard Time = America/Regina
Central America Standard Time = America/Guatemala
Central Standard Time = America/Chicago
Central Standard Time (Mexico) = America/Mexico_City
Manitoba Standard Time = America/Winnipeg
Cuba Standard Time = America/Havana
Easter Island Standard Time = Pacific/Easter
Eastern Standard Time = America/New_York
Eastern Standard Time (Mexico) = America/Cancun
Haiti Standard Time = America/Port-au-Prince
SA Pacific Standard Time = America/Bogota
Turks And Caicos Standard Time = America/Grand_Turk
US Eastern Standard Time = America/Indianapolis
Atlantic Standard Time = America/Halifax
Central Brazilian Standard Time = America/Cuiaba
SA Western Standard Time = America/La_Paz
Venezuela Standard Time = America/Caracas
Newfoundland Standard Time = America/St_Johns
Argentina Standard Time = America/Buenos_Aires
Bahia Standard Time = America/Bahia
E. South America Standard Time = America/Sao_Paulo
Magallanes Standard Time = America/Punta_Arenas
Montevideo Standard Time = America/Montevideo
Pacific SA Standard Time = America/Santiago
Paraguay Standard Time = America/Asuncion
SA Eastern Standard Time = America/Cayenne
Saint Pierre Standard Time = America/Miquelon
Tocantins Standard Time = America/Araguaina
Greenland Standard Time = America/Godthab
UTC-02 = Etc/GMT+2
Azores Standard Time = Atlantic/Azores
Cape Verde Standard Time = Atlantic/Cape_Verde
GMT Standard Time = Europe/London
Greenwich Standard Time = Atlantic/Reykjavik
Sao Tome Standard Time = Africa/Sao_Tome
UTC = Etc/UTC
Central Europe Standard Time = Europe/Budapest
Central European Standard Time = Europe/Warsaw
Morocco Standard Time = Africa/Casablanca
Romance Standard Time = Europe/Paris
W. Central Africa Standard Time = Africa/Lagos
W. Europe Standard Time = Europe/Berlin
E. Europe Standard Time = Europe/Chisinau
Egypt Standard Time = Africa/Cairo
FLE Standard Time = Europe/Kiev
GTB Standard Time = Europe/Bucharest
Israel Standard Time = Asia/Jerusalem
Kaliningrad Standard Time = Europe/Kaliningrad
Libya Standard Time = Africa/Tripoli
Middle East Standard Time = Asia/Beirut
Namibia Standard Time = Africa/Windhoek
South Africa Standard Time = Africa/Johannesburg
South Sudan Standard Time = Africa/Juba
Sudan Standard Time = Africa/Khartoum
West Bank Standard Time = Asia/Hebron
Arab Standard Time = Asia/Riyadh
Arabic Standard Time = Asia/Baghdad
Belarus Standard Time = Europe/Minsk
E. Africa Standard Time = Africa/Nairobi
Jordan Standard Time = Asia/Amman
Russian Standard Time = Europe/Moscow
Syria Standard Time = Asia/Damascus
Turkey Standard Time = Europe/Istanbul
Volgograd Standard Time = Europe/Volgograd
Iran Standard Time = Asia/Tehran
Arabian Standard Time = Asia/Dubai
Astrakhan Standard Time = Europe/Astrakhan
Azerbaijan Standard Time = Asia/Baku
Caucasus Standard Time = Asia/Yerevan
Georgian Standard Time = Asia/Tbilisi
Mauritius Standard Time = Indian/Mauritius
Russia Time Zone 3 = Europe/Samara
Saratov Standard Time = Europe/Saratov
Afghanistan Standard Time = Asia/Kabul
Ekaterinburg Standard Time = Asia/Yekaterinburg
Pakistan Standard Time = Asia/Karachi
Qyzylorda Standard Time = Asia/Qyzylorda
West Asia Standard Time = Asia/Tashkent
India Standard Time = Asia/Calcutta
Sri Lanka Standard Time = Asia/Colombo
Nepal Standard Time = Asia/Katmandu
Bangladesh Standard Time = Asia/Dhaka
Central Asia Standard Time = Asia/Bishkek
Omsk Standard Time = Asia/Omsk
Myanmar Standard Time = Asia/Rangoon
Altai Standard Time = Asia/Barnaul
N. Central Asia Standard Time = Asia/Novosibirsk
North Asia Standard Time = Asia/Krasnoyarsk
SE Asia Standard Time = Asia/Bangkok
Tomsk Standard Time = Asia/Tomsk
W. Mongolia Standard Time = Asia/Hovd
China Standard Time = Asia/Shanghai
North Asia East Standard Time = Asia/Irkutsk
Singapore Standard Time = Asia/Singapore
Taipei Standard Time = Asia/Taipei
Ulaanbaatar Standard Time = Asia/Ulaanbaatar
W. Australia Standard Time = Australia/Perth
Aus Central W. Standard Time = Australia/Eucla
Korea Standard Time = Asia/Seoul
North Korea Standard Time = Asia/Pyongyang
Tokyo Standard Time = Asia/Tokyo
Transbaikal Standard Time = Asia/Chita
Yakutsk Standard Time = Asia/Yakutsk
AUS Central Standard Time = Australia/Darwin
E. Australia Standard Time = Australia/Brisbane
Vladivostok Standard Time = Asia/Vladivostok
West Pacific Standard Time = Pacific/Port_Moresby
Cen. Australia Standard Time = Australia/Adelaide
AUS Eastern Standard Time = Australia/Sydney
Bougainville Standard Time = Pacific/Bougainville
Central Pacific Standard Time = Pacific/Guadalcanal
Lord Howe Standard Time = Australia/Lord_Howe
Magadan Standard Time = Asia/Magadan
Russia Time Zone 10 = Asia/Srednekolymsk
Sakhalin Standard Time = Asia/Sakhalin
Tasmania Standard Time = Australia/Hobart
Fiji Standard Time = Pacific/Fiji
Norfolk Standard Time = Pacific/Norfolk
Russia Time Zone 11 = Asia/Kamchatka
UTC+12 = Etc/GMT-12
New Zealand Standard Time = Pacific/Auckland
Samoa Standard Time = Pacific/Apia
Tonga Standard Time = Pacific/Tongatapu
UTC+13 = Etc/GMT-13
Chatham Islands Standard Time = Pacific/Chatham
Line Islands Standard Time = Pacific/Kiritimati
"""
_PROMISED = """
Etc/GMT+12 Etc/GMT+11 Pacific/Honolulu America/Anchorage America/Santa_Isabel America/Los_Angeles America/Phoenix
America/Chihuahua America/Denver America/Guatemala America/Chicago America/Mexico_City America/Regina America/Bogota
America/New_York America/Indiana/Indianapolis America/Caracas America/Asuncion America/Halifax America/Cuiaba
America/La_Paz America/Santiago America/St_Johns America/Sao_Paulo America/Argentina/Buenos_Aires America/Cayenne
America/Godthab America/Montevideo America/Bahia Etc/GMT+2 Atlantic/Azores Atlantic/Cape_Verde Africa/Casablanca
Etc/GMT Europe/London Atlantic/Reykjavik Europe/Berlin Europe/Budapest Europe/Paris Europe/Warsaw Africa/Lagos
Africa/Windhoek Europe/Bucharest Asia/Beirut Africa/Cairo Asia/Damascus Africa/Johannesburg Europe/Kyiv Europe/Kiev
Europe/Istanbul Asia/Jerusalem Asia/Amman Asia/Baghdad Europe/Kaliningrad Asia/Riyadh Africa/Nairobi Asia/Tehran
Asia/Dubai Asia/Baku Europe/Moscow Indian/Mauritius Asia/Tbilisi Asia/Yerevan Asia/Kabul Asia/Karachi Asia/Toshkent
Asia/Tashkent Asia/Kolkata Asia/Colombo Asia/Kathmandu Asia/Astana Asia/Almaty Asia/Dhaka Asia/Yekaterinburg
Asia/Yangon Asia/Rangoon Asia/Bangkok Asia/Novosibirsk Asia/Shanghai Asia/Krasnoyarsk Asia/Singapore Australia/Perth
Asia/Taipei Asia/Ulaanbaatar Asia/Irkutsk Asia/Tokyo Asia/Seoul Australia/Adelaide Australia/Darwin Australia/Brisbane
Australia/Sydney Pacific/Port_Moresby Australia/Hobart Asia/Yakutsk Pacific/Guadalcanal Asia/Vladivostok
Pacific/Auckland Etc/GMT-12 Pacific/Fiji Asia/Magadan Pacific/Tongatapu Pacific/Apia Pacific/Kiritimati
"""
# Spellings that the documentation lists and the time zone database does not have.
_OTHER_SPELLINGS = {"Asia/Toshkent": "Asia/Tashkent", "Asia/Astana": "Asia/Almaty"}

WINDOWS = dict(line.split(" = ") for line in _FROM_WINDOWS.strip().splitlines())
"""Windows names and the IANA zones that have their rules, from west to east (CLDR's windowsZones, territory 001)."""

PROMISED = {name: _OTHER_SPELLINGS.get(name, name) for name in _PROMISED.split()}
"""The IANA names that Microsoft documents as accepted, with what the time zone database calls them."""
