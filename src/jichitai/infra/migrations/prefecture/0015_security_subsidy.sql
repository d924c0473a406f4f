-- 情報セキュリティ: subsidy
select 1;
